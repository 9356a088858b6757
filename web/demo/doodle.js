/** A small canvas to draw on with a pointer. `scribble()` draws by chance, for whoever has none. */
export function createDoodle(canvas) {
  const context = canvas.getContext("2d");
  const ink = ["#00707a", "#9a5600", "#0b66c3", "#8a3ba8", "#b3261e"];
  let strokes = 0;
  let last = null;

  function wipe() {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }

  function draw(from, to) {
    context.strokeStyle = ink[strokes % ink.length];
    context.lineWidth = 4;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }

  function scribble(random = Math.random) {
    wipe();
    for (let stroke = 0; stroke < 5; stroke += 1) {
      strokes += 1;
      let at = [random() * canvas.width, random() * canvas.height];
      for (let step = 0; step < 14; step += 1) {
        const next = at.map((value) => value + (random() - 0.5) * 60);
        draw(at, next);
        at = next;
      }
    }
  }

  function place({ clientX, clientY }) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) / width) * canvas.width, ((clientY - top) / height) * canvas.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes += 1;
    last = place(event);
    draw(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const at = place(event);
    draw(last, at);
    last = at;
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, () => (last = null));

  /** The drawing as the bytes of a PNG. */
  async function bytes() {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return new Uint8Array(await blob.arrayBuffer());
  }

  wipe();
  return { wipe, scribble, bytes };
}
