package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// wantsJSON reports whether -o json was asked for.
func wantsJSON(cmd *cobra.Command) bool {
	return cmd.Flags().Lookup("output").Value.String() == "json"
}

// printJSON writes v to the command's output, indented.
func printJSON(cmd *cobra.Command, v any) error {
	e := json.NewEncoder(cmd.OutOrStdout())
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printTable writes rows in aligned columns to the command's output.
func printTable(cmd *cobra.Command, rows ...[]string) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// newLogger is the log on stderr as the global flags want it.
func newLogger(cmd *cobra.Command) *slog.Logger {
	word := func(name string) string { return cmd.Flags().Lookup(name).Value.String() }
	return slog.New(logHandler(cmd.ErrOrStderr(), word("log-format"), logLevel(cmd, word("log-level"))))
}

func logHandler(w io.Writer, format string, level slog.Level) slog.Handler {
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
