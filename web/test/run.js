// Runs the file that the query names, such as ?json, and leaves its results on `window` for whoever opened the page.
import { results } from "./check.js";

try {
  await import(`./${location.search.slice(1)}.test.js`);
} catch (error) {
  results.push({ name: "the file loads", error: String(error?.stack ?? error) });
}
document.getElementById("results").textContent = results
  .map(({ name, error }) => `${error ? "FAILED" : "ok"}  ${name}${error ? "\n" + error : ""}`)
  .join("\n");
window.outcome = results;
