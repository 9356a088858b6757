import { element } from "../dom.js";

/**
 * Rows of one height, of which only those in view (and a few beside them) are in the document. Row `index` always
 * uses the same node of the pool, so that scrolling by one redraws one.
 *
 * `make()` returns a fresh row node; `draw(row, index)` makes it show the item at an index from 0.
 */
export class Rows {
  constructor(scroller, { rowHeight, make, draw, onScroll = () => {} }) {
    this.scroller = scroller;
    this.rowHeight = rowHeight;
    this.make = make;
    this.drawRow = draw;
    this.count = 0;
    this.offset = 0;
    this.pool = [];
    this.spacer = element("div", { class: "spacer", role: "presentation" });
    scroller.append(this.spacer);
    scroller.addEventListener("scroll", () => {
      this.render();
      onScroll();
    });
    new ResizeObserver(() => {
      this.render();
      onScroll();
    }).observe(scroller);
  }

  get isAtEnd() {
    const { scrollTop, clientHeight } = this.scroller;
    return scrollTop + clientHeight >= this.count * this.rowHeight - 2;
  }

  get firstVisible() {
    return Math.min(Math.max(0, Math.floor(this.scroller.scrollTop / this.rowHeight)), Math.max(0, this.count - 1));
  }

  get visibleCount() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight));
  }

  /** `offset` counts the items that were taken away in front, so that the others keep their nodes. */
  resize(count, offset = 0) {
    this.count = count;
    this.offset = offset;
    const height = `${count * this.rowHeight}px`;
    if (this.spacer.style.height !== height) this.spacer.style.height = height;
  }

  scrollToEnd() {
    this.scroller.scrollTop = this.count * this.rowHeight;
  }

  scrollBy(rows) {
    if (rows !== 0) this.scroller.scrollTop += rows * this.rowHeight;
  }

  reveal(index) {
    const top = index * this.rowHeight;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) {
      this.scroller.scrollTop = top + this.rowHeight - clientHeight;
    }
  }

  render() {
    const beside = 4;
    const first = Math.max(0, this.firstVisible - beside);
    const end = Math.min(this.count, this.firstVisible + this.visibleCount + 2 + beside);
    // A pool that only grows to what a window can hold; a fixed size keeps each index on its node.
    const needed = this.visibleCount + 2 + 2 * beside;
    if (needed > this.pool.length) {
      while (this.pool.length < needed) {
        const node = this.make();
        node.hidden = true;
        this.pool.push(node);
        this.spacer.append(node);
      }
    } else if (this.pool.length > 2 * needed) {
      for (const node of this.pool.splice(needed)) node.remove();
    }
    const size = this.pool.length;
    const used = new Set();
    for (let index = first; index < end; index++) {
      const slot = (((index + this.offset) % size) + size) % size;
      const node = this.pool[slot];
      used.add(slot);
      const transform = `translateY(${index * this.rowHeight}px)`;
      if (node.style.transform !== transform) node.style.transform = transform;
      if (node.hidden) node.hidden = false;
      this.drawRow(node, index);
    }
    for (let slot = 0; slot < size; slot++) {
      if (!used.has(slot) && !this.pool[slot].hidden) this.pool[slot].hidden = true;
    }
  }
}
