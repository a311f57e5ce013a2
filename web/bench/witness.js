// Tells the bench what a page does, without touching it.
"use strict";
var witness = (() => {
  let memory, isLive;
  const live = new Promise(done => { isLive = done; });

  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...args) => {
    const result = await instantiate.apply(WebAssembly, args);
    memory = result.instance.exports.mem;
    return result;
  };

  const chip = new MutationObserver(() => {
    if (document.querySelector("#link b")?.textContent !== "Live") return;
    chip.disconnect();
    isLive(performance.now());
  });
  chip.observe(document, { subtree: true, childList: true, characterData: true });

  const rest = ms => new Promise(done => setTimeout(done, ms));
  const table = () => document.querySelector("main > section:not([hidden]) .long");

  // The rows in sight, by their keys.
  function sight() {
    const box = table().getBoundingClientRect();
    const low = Math.min(box.bottom, innerHeight);
    const rows = [...table().querySelectorAll("tbody tr[data-key]")].filter(row => {
      const at = row.getBoundingClientRect();
      return at.top < low && at.bottom > box.top;
    });
    return new Map(rows.map(row => [row.dataset.key, row.textContent]));
  }

  return {
    async loaded() {
      const at = await live;
      return { Paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, Live: at };
    },

    // The times of all frames within ms.
    frames: ms => new Promise(done => {
      const times = [];
      const frame = now => {
        times.push(now);
        if (now - times[0] < ms) requestAnimationFrame(frame);
        else done(times);
      };
      requestAnimationFrame(frame);
    }),

    async changes(ms) {
      let paints = 0;
      const observer = new MutationObserver(() => paints++);
      const before = sight();
      observer.observe(table(), { subtree: true, childList: true, characterData: true });
      await rest(ms);
      observer.disconnect();
      const after = sight();
      const changed = [...after].filter(([key, text]) => before.get(key) !== text).length;
      return { Rows: after.size, Changed: changed, Paints: paints };
    },

    memory: () => memory.buffer.byteLength,
  };
})();
