package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages",
		Long: "Writes a manual page for each command into DIR, made from the commands and flags of\n" +
			"this binary. Without DIR, the page registrar(1) goes to standard output.\n\n" +
			"The pages bear the date of the environment variable SOURCE_DATE_EPOCH (seconds since\n" +
			"1970), else of the commit that the binary was built from, if it knows that.",
		Example: "  registrar man | man -l -\n  registrar man /usr/local/share/man/man1",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := manDate(os.Getenv("SOURCE_DATE_EPOCH"), buildInfo().Time)
			if err != nil {
				return fail(exitUsage, err)
			}
			if len(args) == 0 {
				page, err := manPage(cmd.Root(), date)
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(page)
				return err
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeManPages(cmd.Root(), date, args[0])
		},
	}
}

// manDate is the day of epoch, seconds since 1970, else of committed, RFC 3339; zero
// where both are empty.
func manDate(epoch, committed string) (time.Time, error) {
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("environment variable SOURCE_DATE_EPOCH is %q: want seconds since 1970", epoch)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if committed == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, committed)
}

// writeManPages writes the pages of cmd and of all below it.
func writeManPages(cmd *cobra.Command, date time.Time, dir string) error {
	page, err := manPage(cmd, date)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
	if err := os.WriteFile(filepath.Join(dir, name), page, 0o644); err != nil {
		return err
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			if err := writeManPages(sub, date, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// manPage is the page of cmd. Where date is zero it bears none.
func manPage(cmd *cobra.Command, date time.Time) ([]byte, error) {
	cmd.Root().DisableAutoGenTag = true // that line bears a date as well
	plain := *cmd
	// Lists in it are indented by two; Markdown leaves alone what is indented by four.
	plain.Long = strings.ReplaceAll(cmd.Long, "\n  ", "\n      ")
	var page bytes.Buffer
	err := doc.GenMan(&plain, &doc.GenManHeader{
		Section: "1", Date: &date, Source: "registrar " + version, Manual: "User Commands",
	}, &page)
	if err != nil || !date.IsZero() {
		return page.Bytes(), err
	}
	return bytes.Replace(page.Bytes(), []byte(date.Format(`"Jan 2006"`)), []byte(`""`), 1), nil
}
