// The little that has to be JavaScript: the theme before the first paint, copy
// buttons, and loading the page's Go program. Without that program the page is
// what the server painted, and says so.
"use strict";
(() => {
  const root = document.documentElement;
  const { wasm, exec } = document.currentScript.dataset;
  root.dataset.js = "";

  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (["light", "dark"].includes(stored())) root.dataset.theme = stored();

  function toggleTheme() {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* only this page, then */ }
  }

  function say(text) {
    const at = document.getElementById("say");
    if (at) at.textContent = text;
  }

  async function copy(id) {
    const text = document.getElementById(id).textContent;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied: " + text);
    } catch {
      document.getElementById(id).hidden = false;
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(id));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("Selected. This browser copies on the keyboard's command only.");
    }
  }

  document.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button.dataset.copy);
    if (button.dataset.act === "theme") toggleTheme();
  });

  // notLive shows why no program follows the feed.
  function notLive(why) {
    delete root.dataset.program;
    const chip = document.getElementById("link");
    if (!chip) return;
    chip.className = "link off";
    chip.querySelector("b").textContent = "Not live";
    chip.querySelector("use").setAttribute("href", "#i-clock");
    chip.title = why + " Reload the page to see changes.";
    say("Not live: " + chip.title);
  }

  function script(src) {
    return new Promise((done, failed) => {
      const s = document.createElement("script");
      s.src = src;
      s.onload = done;
      s.onerror = () => failed(new Error("could not load " + src));
      document.head.append(s);
    });
  }

  async function start() {
    // Relative to this page: the address changes without a reload.
    for (const icon of document.querySelectorAll("link[rel=icon]")) icon.href = icon.href;
    if (!wasm || !exec) return notLive("The page's program was not built into this registrar.");
    if (typeof WebAssembly !== "object" || !WebAssembly.instantiateStreaming) {
      return notLive("This browser runs no WebAssembly.");
    }
    try {
      await script(exec);
      const go = new Go();
      go.env.GOGC = "50"; // memory never shrinks here: collect garbage twice as often
      const { instance } = await WebAssembly.instantiateStreaming(fetch(wasm), go.importObject);
      await go.run(instance);
      notLive("The page's program ended.");
    } catch (err) {
      notLive("The page's program failed: " + err.message + ".");
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
