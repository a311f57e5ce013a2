package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newConfigCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Check a configuration file, show what is in force",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheckCmd(), newConfigPrintCmd())
	return cmd
}

func newConfigCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong in a configuration file",
		Long: "Reads a file in TOML with values for flags, and names the line and the key of\n" +
			"everything that is wrong: keys that no command has, and values that their flag\n" +
			"does not take.\n\nExit codes: 1 something is wrong.",
		Example: "  registrar config check /etc/registrar/registrar.toml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			keys := 0
			faults, err := eachKey(args[0], func(key string, _ int, value any) error {
				keys++
				return tryKey(key, value)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, f := range faults {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", args[0], oneLine(f))
			}
			if len(faults) > 0 {
				return fmt.Errorf("%s: %d of %d keys are wrong", args[0], len(faults), keys)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: ok, %d keys\n", args[0], keys)
			return err
		},
	}
}

// tryKey sets a key at each command that has it.
func tryKey(key string, value any) error {
	var failed error
	found := false
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if f := cmd.LocalFlags().Lookup(key); f != nil && settable(f) && key != "config" {
			found = true
			if err := setAny(cmd.LocalFlags(), key, value); err != nil && failed == nil {
				failed = err
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRootCmd(io.Discard))
	if !found {
		return unknownKey(key)
	}
	return failed
}

// settingJSON is one setting of -o json.
type settingJSON struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func newConfigPrintCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "print [COMMAND...]",
		Short: "Show the settings of a command, and where each comes from",
		Long: "Shows each flag of a command (serve, if none is named) with the value that it\n" +
			"would have now, and its source: the environment, the file of --config, or the\n" +
			"default. Secrets are in files, of which only the names are shown.",
		Example: "  registrar config print --config /etc/registrar/registrar.toml\n  registrar config print element -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"serve"}
			}
			of, rest, err := newRootCmd(io.Discard).Find(args)
			if err != nil || len(rest) > 0 || !of.HasParent() {
				return fail(exitUsage, fmt.Errorf("no command %q; registrar --help lists them", strings.Join(args, " ")))
			}
			of.InitDefaultHelpFlag()
			if err := of.ParseFlags(nil); err != nil {
				return err
			}
			if f := cmd.Flags().Lookup("config"); f.Changed {
				if err := errors.Join(of.Flags().Set(f.Name, f.Value.String()), tellSource(of.Flags(), f.Name, sourceOf(f), "")); err != nil {
					return err
				}
			}
			if err := applySettings(of); err != nil {
				return fail(exitUsage, err)
			}
			list := []settingJSON{}
			of.Flags().VisitAll(func(f *pflag.Flag) {
				if settable(f) {
					list = append(list, settingJSON{f.Name, f.Value.String(), sourceOf(f)})
				}
			})
			if wantsData(cmd) {
				return printData(cmd, list)
			}
			rows := [][]string{{"SETTING", "VALUE", "SOURCE"}}
			for _, s := range list {
				value := s.Value
				if value == "" {
					value = `""`
				}
				rows = append(rows, []string{s.Name, value, s.Source})
			}
			return printTable(cmd, rows...)
		},
	}
}
