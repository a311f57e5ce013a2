package main

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"rserpool/ui/view"
)

func newPoolsCmd() *cobra.Command {
	l := &listing{path: "pools", columns: []column{
		{head: "POOL", path: "key"},
		{head: "POLICY", path: "policy.name"},
		{head: "ELEMENTS", path: "elements"},
		{head: "UP", path: "up"},
		{head: "OWNED", path: "owned"},
		{head: "SUSPECT", path: "suspect", wide: true},
		{head: "EXPIRED", path: "expired", wide: true},
		{head: "PROTECTED", path: "protected", wide: true},
		{head: "HOMES", path: "home_registrars", wide: true},
	}}
	cmd := &cobra.Command{
		Use: "pools", Short: "List the pools that a registrar knows",
		Example: "  registrar pools\n  registrar pools --filter 'state!=up' -o json | jq .",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	l.addTo(cmd, view.PoolSorts...)
	return cmd
}

func newElementsCmd() *cobra.Command {
	var pool string
	l := &listing{path: "elements", columns: []column{
		{head: "POOL", path: "pool_key"},
		{head: "ID", path: "id"},
		{head: "STATE", path: "state", style: stateStyle},
		{head: "HOME", path: "home_registrar"},
		{head: "POLICY", path: "policy"},
		{head: "PROTOCOL", path: "user_transport.protocol"},
		{head: "PORT", path: "user_transport.port"},
		{head: "ADDRESSES", path: "user_transport.addresses"},
		{head: "REPORTS", path: "unreachable_reports", wide: true},
		{head: "LIFE", path: "registration_life_seconds", wide: true},
		{head: "EXPIRES", path: "expires_at", wide: true},
		{head: "ASAP", path: "asap_transport.addresses", wide: true},
	}}
	cmd := &cobra.Command{
		Use: "elements", Short: "List the pool elements that a registrar knows",
		Example: "  registrar elements --pool EchoPool -o wide\n  registrar elements --filter state:suspect --sort -reports",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("pool") {
				handle, err := poolHandleArg(pool)
				if err != nil {
					return err
				}
				l.path = "pools/" + view.Key(handle) + "/elements"
			}
			return l.run(cmd)
		},
	}
	l.addTo(cmd, view.ElementSorts...)
	cmd.Flags().StringVar(&pool, "pool", "", "only the elements of this `POOL`")
	return cmd
}

func newPeersCmd() *cobra.Command {
	l := &listing{path: "peers", columns: []column{
		{head: "ID", path: "id"},
		{head: "STATE", path: "state", style: stateStyle},
		{head: "ELEMENTS", path: "elements_owned"},
		{head: "IN-SYNC", path: "in_sync", style: inSyncStyle},
		{head: "LAST-HEARD", path: "last_heard_at"},
		{head: "ADDRESSES", path: "addresses"},
		{head: "TOLD", path: "checksum_reported", wide: true},
		{head: "COMPUTED", path: "checksum_computed", wide: true},
	}}
	cmd := &cobra.Command{
		Use: "peers", Short: "List the other registrars that a registrar knows",
		Example: "  registrar peers\n  registrar peers --filter sync:no -o yaml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	l.addTo(cmd, view.PeerSorts...)
	return cmd
}

func newEventsCmd() *cobra.Command {
	var since uint64
	l := &listing{path: "events", columns: []column{
		{head: "SEQ", path: "seq"},
		{head: "AT", path: "at"},
		{head: "EVENT", path: "name", style: eventStyle},
		{head: "POOL", path: "pool_key"},
		{head: "ELEMENT", path: "element"},
		{head: "REGISTRAR", path: "registrar"},
		{head: "ORIGIN", path: "origin"},
		{head: "ACTOR", path: "actor", wide: true},
		{head: "TEXT", path: "text"},
	}}
	cmd := &cobra.Command{
		Use: "events", Short: "List what has happened at a registrar, and who did it",
		Long: "Lists the events that a registrar remembers, the oldest first. Each has a number;\n" +
			"--since NUMBER gives those behind it. A removal says by whom and why. To follow\n" +
			"them, use registrar watch.",
		Example: "  registrar events --filter event:element.removed\n  registrar events --since 4711 -o jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if since > 0 {
				l.also = url.Values{"since": {fmt.Sprint(since)}}
			}
			return l.run(cmd)
		},
	}
	l.addTo(cmd)
	cmd.Flags().Uint64Var(&since, "since", 0, "only events behind the one with this number")
	return cmd
}
