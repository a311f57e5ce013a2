package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// The words of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// style is an SGR parameter of ECMA-48; 0 is none. The colours are the terminal's
// own, so that they fit its background.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// escape begins what colours a terminal, and colorOff ends it.
const (
	escape   = "\x1b["
	colorOff = escape + "0m"
)

// painter colours texts for one output, or leaves them as they are.
type painter bool

// painterFor is what --color says about w. Without a word of it, a terminal has
// colours, unless NO_COLOR or TERM=dumb says otherwise.
func painterFor(cmd *cobra.Command, w io.Writer) painter {
	switch cmd.Root().PersistentFlags().Lookup("color").Value.String() {
	case colorAlways:
		return true
	case colorNever:
		return false
	}
	f, isFile := w.(*os.File)
	return painter(isFile && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd()))
}

func (p painter) paint(s style, text string) string {
	if !p || s == plain || text == "" {
		return text
	}
	return escape + string(s) + "m" + text + colorOff
}

// paintAll paints each of texts.
func (p painter) paintAll(s style, texts []string) []string {
	if !p {
		return texts
	}
	painted := make([]string, len(texts))
	for i, text := range texts {
		painted[i] = p.paint(s, text)
	}
	return painted
}

// width is how many columns a text takes; what colours it takes none.
func width(text string) int {
	n := utf8.RuneCountInString(text)
	for {
		_, rest, found := strings.Cut(text, escape)
		if !found {
			return n
		}
		parameter, after, _ := strings.Cut(rest, "m")
		n -= len(escape) + len(parameter) + len("m")
		text = after
	}
}

// stateStyle is for the words that the API has for states.
func stateStyle(state string) style {
	switch state {
	case "up", "active", "serving", "added":
		return green
	case "suspect", "starting", "draining", "taking_over", "yielded", "in_force", "changed":
		return yellow
	case "dead", "expired", "removed":
		return red
	}
	return plain
}

// inSyncStyle is for whether a peer has the same handlespace.
func inSyncStyle(yes string) style {
	switch yes {
	case "true":
		return green
	case "false":
		return red
	}
	return plain
}

// eventStyle is for the names of events: what is lost or refused, what has to be
// watched, what came.
func eventStyle(name string) style {
	_, what, _ := strings.Cut(name, ".")
	switch what {
	case "removed", "dead", "refused", "failed", "mismatch", "unresolved", "error", "orphaned":
		return red
	case "suspect", "unreachable", "reported", "discarded", "slow", "stood_still", "engaged", "begun", "reached", "ignored", "draining", "contested", "deregister":
		return yellow
	case "registered", "serving", "discovered", "completed", "released":
		return green
	}
	return plain
}
