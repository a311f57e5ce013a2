// Package static holds what the dashboard's pages load: the style sheet, the
// boot script, the icon, and in dist the page's program as the build made it.
// It knows nothing of how they are served. Start with app.css.
package static

import "embed"

// FS has app.css, boot.js and icon.svg, and below dist app.wasm and
// wasm_exec.js with their compressed copies (.br, .gz). dist holds only
// .gitkeep where the program was not built.
//
//go:embed app.css boot.js icon.svg all:dist
var FS embed.FS
