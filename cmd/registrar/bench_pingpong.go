package main

import (
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"rserpool/registrar/load"
	"rserpool/registrar/transport"
	"rserpool/registrar/transport/kernel"
)

func newBenchPingPongCmd() *cobra.Command {
	o := &benchOptions{Options: load.Options{Work: load.Ball}}
	cmd := &cobra.Command{
		Use: "pingpong", Short: "Measure the ceiling: messages to registrar bench echo and back",
		Long: "Sends messages of 24 bytes to registrar bench echo, which answers with 168: what a\n" +
			"handle resolution and its answer take on the way, and nothing else.",
		Example: "  registrar bench pingpong --registrar 127.0.0.1:3870 --associations 4 --depth 16",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd); err != nil {
				return err
			}
			p, err := load.PingPong(cmd.Context(), o.Options)
			if err != nil {
				return benchError(err)
			}
			return o.report(cmd, p)
		},
	}
	o.addPlace(cmd)
	f := cmd.Flags()
	f.IntVar(&o.Depth, "depth", 1, "messages that wait for their answers on each association")
	f.IntVar(&o.Requests, "requests", 0, "end after so many, if that is before --duration; 0 is no limit")
	f.Lookup("registrar").Usage = "`ADDRESS` of registrar bench echo, HOST:PORT[@UDPPORT]"
	f.Lookup("pid").Usage = "the process of registrar bench echo on this machine, for its CPU time and memory"
	return cmd
}

func newBenchEchoCmd() *cobra.Command {
	o := &benchOptions{}
	var listen string
	cmd := &cobra.Command{
		Use: "echo", Short: "Answer registrar bench pingpong",
		Long: "Answers each message of registrar bench pingpong with 168 bytes. Over the kernel's\n" +
			"SCTP it does so with the fewest system calls: wait, read, write.",
		Example: "  registrar bench echo --listen 127.0.0.1:3870",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := transport.ParseAddress(listen)
			if err != nil {
				return fail(exitUsage, fmt.Errorf("--listen: %w", err))
			}
			if o.transport.value == overAuto && kernel.Available() == nil {
				o.transport.value = overKernel
			}
			t, err := o.carrier(newLogger(cmd))
			if err != nil {
				return err
			}
			listening := func(addr netip.AddrPort) { fmt.Fprintf(cmd.OutOrStdout(), "echo %s %v\n", t.Name(), addr) }
			if t.Name() == kernel.New().Name() {
				return load.EchoKernel(cmd.Context(), at, listening)
			}
			l, err := t.Listen(transport.Config{Local: at})
			if err != nil {
				return err
			}
			listening(l.Addrs()[0])
			return load.Echo(cmd.Context(), l)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:3870", "`ADDRESS` to listen on, HOST:PORT[@UDPPORT]")
	o.transport = newChoice(overAuto, overKernel, overUDP)
	f.Var(o.transport, "transport", "what carries the messages: kernel, udp (RFC 6951); auto is the kernel if it can, else udp")
	return cmd
}
