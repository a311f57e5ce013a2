package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the release, set at link time: -ldflags "-X main.version=v1.2.3".
var version = "dev"

// build is what `registrar version` tells.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show what this binary was built from",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runVersion(cmd) },
	}
}

func runVersion(cmd *cobra.Command) error {
	b := buildInfo()
	if wantsData(cmd) {
		return printData(cmd, b)
	}
	rows := [][]string{{"registrar", b.Version}}
	if b.Revision != "" {
		revision := b.Revision
		if b.Modified {
			revision += " (modified)"
		}
		rows = append(rows, []string{"revision", revision}, []string{"committed", b.Time})
	}
	rows = append(rows, []string{"go", b.Go}, []string{"platform", b.Platform})
	return printRows(cmd.OutOrStdout(), rows...)
}

func buildInfo() build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
