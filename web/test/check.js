export const results = [];

/** Runs one test. Its name is a sentence that holds. */
export function test(name, body) {
  try {
    body();
    results.push({ name, error: null });
  } catch (error) {
    results.push({ name, error: String(error?.stack ?? error) });
  }
}

/** Runs one that has to wait: `await` it, so that the file is done when all of them are. */
export async function testLater(name, body) {
  try {
    await body();
    results.push({ name, error: null });
  } catch (error) {
    results.push({ name, error: String(error?.stack ?? error) });
  }
}

export function equal(actual, expected) {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}

export function throws(body, message) {
  try {
    body();
  } catch (error) {
    equal(error.message, message);
    return;
  }
  throw new Error("nothing was thrown");
}
