/** Dark or light, and the size of the panel: both are kept from one visit to the next. */
export function createAppearance(panel, splitter) {
  function switchTheme() {
    const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
    keep("siphon-theme", document.documentElement.dataset.theme);
  }

  function setPanelSize(pixels) {
    const size = Math.round(Math.min(Math.max(pixels, 300), 1200));
    document.body.style.setProperty("--panel-size", `${size}px`);
    splitter.setAttribute("aria-valuenow", String(size));
    keep("siphon-panel", String(size));
  }

  /** The splitter lies beside the panel, or above it in a narrow window. */
  const isAbove = () => splitter.offsetWidth > splitter.offsetHeight;

  splitter.addEventListener("pointerdown", (event) => {
    splitter.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  splitter.addEventListener("pointermove", (event) => {
    if (!splitter.hasPointerCapture(event.pointerId)) return;
    const edge = panel.getBoundingClientRect();
    setPanelSize(isAbove() ? edge.bottom - event.clientY : edge.right - event.clientX);
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 24, ArrowUp: 24, ArrowRight: -24, ArrowDown: -24 }[event.key];
    if (!step) return;
    const edge = panel.getBoundingClientRect();
    setPanelSize((isAbove() ? edge.height : edge.width) + step);
    event.preventDefault();
    event.stopPropagation();
  });

  function restore() {
    const theme = stored("siphon-theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
    const size = Number(stored("siphon-panel"));
    if (size > 0) setPanelSize(size);
  }

  return { switchTheme, restore };
}

function stored(key) {
  // Storage can be forbidden in a browser's settings.
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then the choice lasts as long as the page.
  }
}
