package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"rserpool/registrar/wire"
)

func newHoldCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "hold", Short: "List and end refusals of deregistered elements",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHoldListCmd(), newHoldRemoveCmd())
	return cmd
}

func newHoldListCmd() *cobra.Command {
	l := &listing{path: "holds", columns: []column{
		{head: "ID", path: "id"},
		{head: "STATE", path: "state", style: stateStyle},
		{head: "POOL", path: "pool"},
		{head: "ELEMENT", path: "element"},
		{head: "UNTIL", path: "until"},
		{head: "REFUSED", path: "refused"},
		{head: "MADE-AT", path: "made_at", wide: true},
		{head: "BY", path: "by", wide: true},
		{head: "REASON", path: "reason"},
	}}
	cmd := &cobra.Command{
		Use: "list", Short: "List the elements that are refused, and those that were",
		Example: "  registrar hold list\n  registrar hold list -o jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	l.add(cmd.Flags())
	cmd.Flags().BoolVar(&l.watch, "watch", false, "show the list again whenever it has changed")
	return cmd
}

func newHoldRemoveCmd() *cobra.Command {
	var o apiFlags
	cmd := &cobra.Command{
		Use: "remove ID", Short: "Let a held element register again",
		Example: "  registrar hold remove 0x1a2b3c4d --token-file token",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := wire.ParseID(args[0])
			if err != nil {
				return fail(exitUsage, fmt.Errorf("hold %q: %w", args[0], err))
			}
			var done map[string]any
			if err := o.call(cmd.Context(), http.MethodDelete, "api/v1/holds/"+wire.ServerID(id).String(), nil, &done); err != nil {
				return err
			}
			if wantsData(cmd) {
				return printData(cmd, done)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "hold %s ended\n", wire.ServerID(id))
			return err
		},
	}
	o.add(cmd.Flags())
	return cmd
}
