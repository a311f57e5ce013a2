package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rserpool/registrar"
)

// run executes the command line args and returns the exit code. The end of ctx
// asks the command to end in good order.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCmd(stdout)
	root.SetArgs(append([]string{}, args...)) // for cobra, nil is what the process was given
	root.SetIn(stdin)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	if err != nil {
		fmt.Fprintf(stderr, "%s %s\n", painterFor(root, stderr).paint(red, "registrar:"), errorText(err, code))
	}
	return code
}

// errorText is what a user is told; an interrupt was the user's own.
func errorText(err error, code int) string {
	if code == exitInterrupted {
		return "interrupted"
	}
	return visible(oneLine(err))
}

// oneLine is the text of err; an error is one line, also where a library made
// it several.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}

// newRootCmd is the command line, whose results go to stdout.
func newRootCmd(stdout io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "registrar",
		Short: "RSerPool registrar with a live dashboard",
		Long: "An RSerPool registrar (ENRP, RFC 5353; ASAP, RFC 5352) with a live dashboard,\n" +
			"and the tools around it.\n\n" +
			"Every flag can also be set by an environment variable (--drain-timeout:\n" +
			"REGISTRAR_DRAIN_TIMEOUT) or in a TOML file (drain-timeout = \"5s\") named by\n" +
			"--config. Flag before environment before file.",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              unknownCommand,
		PersistentPreRunE: prepare,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addGlobalFlags(root.PersistentFlags())
	root.AddCommand(newServeCmd(), newElementCmd(), newUserCmd(), newResolveCmd(), newInspectCmd(), newExportCmd(), newBenchCmd(), newDiffCmd(), newStatusCmd(), newHealthCmd(), newPoolsCmd(), newElementsCmd(), newPeersCmd(), newEventsCmd(), newWatchCmd(), newDeregisterCmd(), newHoldCmd(), newConfigCmd(), newAuthCmd(), newDemoCmd(), newSimulateCmd(), newManCmd(), newVersionCmd())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fail(exitUsage, seeHelp(cmd, err))
	})
	root.SetOut(stdout) // before completion is added, which asks only then
	addDefaultCmds(root)
	argumentsAreUsage(root)
	return root
}

// seeHelp names the next step behind an error that has none.
func seeHelp(cmd *cobra.Command, err error) error {
	if err == nil || strings.HasSuffix(err.Error(), "?") || strings.HasSuffix(err.Error(), " --help") {
		return err
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// addDefaultCmds adds cobra's own commands, help and completion, which would take
// any argument.
func addDefaultCmds(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				topic, rest, err := root.Find(args)
				if err != nil {
					return err
				}
				return unknownCommand(topic, rest)
			}
		case "completion":
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// prepare runs before every command, with the flags of the command line read.
func prepare(cmd *cobra.Command, _ []string) error {
	if err := applySettings(cmd); err != nil {
		return fail(exitUsage, err)
	}
	return fail(exitUsage, seeHelp(cmd, errors.Join(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())))
}

// addGlobalFlags adds the flags that every command has.
func addGlobalFlags(f *pflag.FlagSet) {
	f.VarP(newChoice(asTable, asWide, asJSON, asJSONLines, asYAML), "output", "o", "format of results: table, wide, json, jsonl (an object a line) or yaml")
	f.Bool("no-headers", false, "tables without their first line")
	f.Var(newChoice(colorAuto, colorAlways, colorNever), "color", "colours of tables, lines and errors: auto is on a terminal, unless NO_COLOR is set or TERM is dumb; always; never")
	f.BoolP("quiet", "q", false, "log only warnings")
	f.BoolP("verbose", "v", false, "log everything, as --log-level debug")
	f.Var(newChoice("text", "json"), "log-format", "format of the log on stderr: text or json")
	f.Var(newChoice("info", "debug", "warn", "error"), "log-level", "least level to log: debug, info, warn or error")
	f.String("config", "", "`FILE` in TOML with values for flags")
}

// unknownCommand refuses arguments of the root command and proposes what may
// have been meant.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see registrar --help"
	cmd.SuggestionsMinimumDistance = 2 // letters wrong
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q; %s", args[0], hint)
}

// argumentsAreUsage makes wrong arguments of cmd and all below it usage errors;
// cobra does not tell them from errors of the command itself.
func argumentsAreUsage(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			return fail(exitUsage, seeHelp(cmd, check(cmd, args)))
		}
	}
	for _, sub := range cmd.Commands() {
		argumentsAreUsage(sub)
	}
}

// choice is a flag value out of a list; the first is the default.
type choice struct {
	value string
	from  []string
}

func newChoice(from ...string) *choice { return &choice{from[0], from} }

// newDialect is a flag for how registrars speak.
func newDialect() *choice { return newChoice(registrar.RFC.String(), registrar.RSPLIB.String()) }

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "word" }

func (c *choice) Set(s string) error {
	if slices.Contains(c.from, s) {
		c.value = s
		return nil
	}
	words := slices.DeleteFunc(slices.Clone(c.from), func(w string) bool { return w == "" }) // of a flag that may be left out
	if len(words) == 1 {
		return fmt.Errorf("want %s", words[0])
	}
	return fmt.Errorf("want one of %s", strings.Join(words, ", "))
}
