package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rserpool/registrar/wire"
)

// userOptions are the flags of `registrar user`.
type userOptions struct {
	asapFlags
	handle wire.PoolHandle
	send   string
	count  int

	interval, timeout, drain time.Duration
}

func newUserCmd() *cobra.Command {
	o := &userOptions{}
	cmd := &cobra.Command{
		Use:   "user POOL",
		Short: "Talk to a pool: a session that survives its elements",
		Long: "Opens a session with a pool: an element that the pool's policy chooses, and\n" +
			"another one when that fails. Lines of standard input go to the element, what it\n" +
			"sends goes to standard output. Standard error says which element it is and when\n" +
			"it is another one. A line is taken for the answer to a line: those of the last\n" +
			"seconds without one are sent again to the next element. The session ends when\n" +
			"the input has ended and nothing came for the time of --drain, or when the\n" +
			"element ends it, as daytime does.\n\n" +
			"With --send it makes requests by itself, one after the other, and loses none;\n" +
			"at the end it says how many there were.\n\n" +
			"Exit codes: 1 no element left, 3 no registrar reached, 4 no such pool, 6 no\n" +
			"answer in time, 130 interrupted.",
		Example: "  echo hello | registrar user EchoPool\n" +
			"  registrar user PingPongPool --send 'ping {n}' --interval 100ms\n" +
			"  registrar user EchoPool --send hello --count 1000 --interval 0s -q\n" +
			"  registrar user EchoPool --transport tcp --registrar 192.0.2.1:3863",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(cmd, args[0]); err != nil {
				return fail(exitUsage, err)
			}
			return runUser(cmd, o)
		},
	}
	f := cmd.Flags()
	o.add(f, true)
	o.addHeartbeat(f)
	f.StringVar(&o.send, "send", "", "`TEXT` to send instead of the input; {n} in it counts from 1")
	f.DurationVar(&o.interval, "interval", time.Second, "time between an answer and the next request of --send")
	f.IntVar(&o.count, "count", 0, "how many requests --send makes; 0 is until it is interrupted")
	f.DurationVar(&o.timeout, "timeout", 5*time.Second, "how long an answer to --send may take, failures of elements included")
	f.DurationVar(&o.drain, "drain", time.Second, "how long to wait for more once the input has ended")
	return cmd
}

func (o *userOptions) read(cmd *cobra.Command, pool string) (err error) {
	if o.handle, err = poolHandleArg(pool); err != nil {
		return err
	}
	sends := cmd.Flags().Changed("send")
	if sends && o.send == "" {
		return errors.New("--send: want a text")
	}
	for _, name := range []string{"interval", "count", "timeout"} {
		if cmd.Flags().Changed(name) && !sends {
			return fmt.Errorf("--%s: it goes with --send TEXT", name)
		}
	}
	switch {
	case o.interval < 0:
		return fmt.Errorf("--interval: want 0s or more, have %v", o.interval)
	case o.count < 0:
		return fmt.Errorf("--count: want 0 or more, have %d", o.count)
	case o.timeout <= 0:
		return fmt.Errorf("--timeout: want a time above 0, have %v", o.timeout)
	case o.drain < 0 || sends && cmd.Flags().Changed("drain"):
		return errors.New("--drain: want 0s or more, without --send")
	}
	return nil
}
