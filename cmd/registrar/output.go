package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// The words of -o.
const (
	asTable     = "table"
	asWide      = "wide"
	asJSON      = "json"
	asJSONLines = "jsonl"
	asYAML      = "yaml"
)

// format is what -o says.
func format(cmd *cobra.Command) string { return cmd.Flags().Lookup("output").Value.String() }

// wantsData reports whether the output is for programs, not a table.
func wantsData(cmd *cobra.Command) bool { return format(cmd) != asTable && format(cmd) != asWide }

// printData writes v to the command's output, as -o says.
func printData(cmd *cobra.Command, v any) error {
	w := cmd.OutOrStdout()
	switch format(cmd) {
	case asYAML:
		return writeYAML(w, v)
	case asJSONLines:
		return encodeJSON(w, v, "")
	default:
		return encodeJSON(w, v, "  ")
	}
}

// lineWriter gives what writes one value after the other: an object a line, or a
// document each.
func lineWriter(cmd *cobra.Command, w io.Writer) func(v any) error {
	if format(cmd) == asYAML {
		return func(v any) error {
			if _, err := io.WriteString(w, "---\n"); err != nil {
				return err
			}
			return writeYAML(w, v)
		}
	}
	return func(v any) error { return encodeJSON(w, v, "") }
}

func encodeJSON(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// writeYAML writes what would be JSON, with the same names in the same order.
func writeYAML(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil { // JSON is YAML
		return err
	}
	block(&n)
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	return errors.Join(e.Encode(&n), e.Close())
}

// block takes off the style of JSON; texts that look like something else are quoted.
func block(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		block(c)
	}
}

// printTable writes rows in aligned columns to the command's output; the first is
// the head.
func printTable(cmd *cobra.Command, rows ...[]string) error {
	return printTableTo(cmd, cmd.OutOrStdout(), rows...)
}

// printTableTo writes a table that goes to the command's output by way of out.
func printTableTo(cmd *cobra.Command, out io.Writer, rows ...[]string) error {
	if noHeaders(cmd) {
		return printRows(out, rows[1:]...)
	}
	head := painterFor(cmd, cmd.OutOrStdout()).paintAll(bold, rows[0])
	return printRows(out, append([][]string{head}, rows[1:]...)...)
}

func noHeaders(cmd *cobra.Command) bool {
	return cmd.Flags().Lookup("no-headers").Value.String() == "true"
}

// columnGap stands between two columns.
const columnGap = 2

// printRows writes rows that have no head, in aligned columns.
func printRows(out io.Writer, rows ...[]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-width(cell)+columnGap))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// newLogger is the log on stderr as the global flags want it.
func newLogger(cmd *cobra.Command) *slog.Logger {
	word := func(name string) string { return cmd.Flags().Lookup(name).Value.String() }
	return slog.New(logHandler(cmd.ErrOrStderr(), word("log-format"), logLevel(cmd, word("log-level"))))
}

// newLevelLogger is newLogger with a level that may be set anew.
func newLevelLogger(cmd *cobra.Command) (*slog.Logger, *slog.LevelVar) {
	word := func(name string) string { return cmd.Flags().Lookup(name).Value.String() }
	level := new(slog.LevelVar)
	level.Set(logLevel(cmd, word("log-level")))
	return slog.New(logHandler(cmd.ErrOrStderr(), word("log-format"), level)), level
}

func logHandler(w io.Writer, format string, level slog.Leveler) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// logLevel is --log-level where it is given, else what -v or -q say.
func logLevel(cmd *cobra.Command, word string) slog.Level {
	on := func(name string) bool { return cmd.Flags().Lookup(name).Value.String() == "true" }
	switch {
	case cmd.Flags().Changed("log-level"):
	case on("verbose"):
		return slog.LevelDebug
	case on("quiet"):
		return slog.LevelWarn
	}
	return map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[word]
}
