package ui

import "rserpool/ui/view"

// Assets is what the document needs to know beside its content. URLs are
// relative to the dashboard's root.
type Assets struct {
	// CSS, Boot and Icon are the style sheet, the boot script and the icon.
	CSS, Boot, Icon string
	// Wasm is the page's program and Exec the Go runtime's script for it; both
	// are empty where the program was not built.
	Wasm, Exec string
	// Writer is set where the viewer may deregister elements.
	Writer bool
	// ASAP and ENRP are addresses of this registrar for commands to copy.
	ASAP, ENRP string
}

func (a Assets) writer() string {
	if a.Writer {
		return "true"
	}
	return "false"
}

// url gives an asset's address from the page.
func url(p view.Page, asset string) string {
	if asset == "" {
		return ""
	}
	return p.Query.Root() + asset
}
