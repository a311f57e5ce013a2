package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// deregisterOptions are the flags of `registrar deregister`.
type deregisterOptions struct {
	apiFlags
	hold        time.Duration
	reason      string
	yes, dryRun bool
}

// poolState is what GET /api/v1/pools/{key} says, as far as it matters here.
type poolState struct {
	Elements  int  `json:"elements"`
	Up        int  `json:"up"`
	Protected bool `json:"protected"`
	Members   []struct {
		ID    string `json:"id"`
		Home  string `json:"home_registrar"`
		Owned bool   `json:"owned"`
		State string `json:"state"`
	} `json:"members"`
}

// outcome is the answer to a deregistration.
type outcome struct {
	ID           string `json:"id"`
	Outcome      string `json:"outcome"`
	PropagatedTo int    `json:"propagated_to"`
	Peers        int    `json:"peers"`
	Hold         *struct {
		ID    string `json:"id"`
		Until string `json:"until"`
	} `json:"hold,omitempty"`
}

func newDeregisterCmd() *cobra.Command {
	o := &deregisterOptions{}
	cmd := &cobra.Command{
		Use:   "deregister POOL PE",
		Short: "Remove a pool element, and refuse it for a while",
		Long: "Removes a pool element whose home the registrar is. It may register again at once,\n" +
			"unless --hold refuses it for a time. On a terminal it says what remains and asks\n" +
			"first; elsewhere it wants --yes. A pool that the registrar protects, or its last\n" +
			"element, has to be confirmed by typing the pool handle.\n\n" +
			"Exit codes: 3 no registrar reached, 4 no such element, 5 refused.",
		Example: "  registrar deregister EchoPool 0x5ee4a0c1 --token-file token\n" +
			"  registrar deregister EchoPool 0x5ee4a0c1 --hold 10m --reason 'faulty NIC' --yes --token-file token\n" +
			"  registrar deregister EchoPool 0x5ee4a0c1 --dry-run",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			handle, err := poolHandleArg(args[0])
			if err != nil {
				return err
			}
			id, err := parsePE(args[1])
			if err != nil {
				return err
			}
			return o.run(cmd, handle, id)
		},
	}
	f := cmd.Flags()
	o.add(f)
	f.DurationVar(&o.hold, "hold", 0, "refuse its registrations for this `TIME`, 1s to 168h")
	f.StringVar(&o.reason, "reason", "", "`TEXT` for the events and the log")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would happen, and do nothing")
	return cmd
}

func parsePE(text string) (wire.PEIdentifier, error) {
	id, err := wire.ParseID(text)
	if err != nil {
		return 0, fail(exitUsage, fmt.Errorf("element %q: %w", text, err))
	}
	return wire.PEIdentifier(id), nil
}

func (o *deregisterOptions) run(cmd *cobra.Command, handle wire.PoolHandle, id wire.PEIdentifier) error {
	if o.hold < 0 {
		return fail(exitUsage, fmt.Errorf("--hold: want a time from 1s to 168h, have %v", o.hold))
	}
	key := view.Key(handle)
	var pool poolState
	if err := o.get(cmd.Context(), "api/v1/pools/"+key, nil, &pool); err != nil {
		return err
	}
	home, owned, found := "", false, false
	for _, m := range pool.Members {
		if m.ID == id.String() {
			home, owned, found = m.Home, m.Owned, true
		}
	}
	switch {
	case !found:
		return fail(exitNotFound, fmt.Errorf("there is no element %v in pool %s; registrar elements --pool %s lists those that are", id, handleText(handle), key))
	case !owned:
		return fail(exitRefused, fmt.Errorf("%v is owned by %s: do it there", id, home))
	}
	typed := pool.Protected || pool.Elements == 1
	fmt.Fprintln(cmd.ErrOrStderr(), o.consequence(handle, id, pool))
	if o.dryRun {
		return nil
	}
	if !o.yes {
		if err := o.confirm(cmd, handle, typed); err != nil {
			return err
		}
	}
	q := url.Values{}
	if o.hold > 0 {
		q.Set("hold", o.hold.String())
	}
	if o.reason != "" {
		q.Set("reason", o.reason)
	}
	if pool.Protected {
		q.Set("confirm", key)
	}
	var done outcome
	if err := o.call(cmd.Context(), http.MethodDelete, "api/v1/pools/"+key+"/elements/"+id.String(), q, &done); err != nil {
		return err
	}
	if wantsData(cmd) {
		return printData(cmd, done)
	}
	text := fmt.Sprintf("%s %s, told %d of %d peers", done.ID, done.Outcome, done.PropagatedTo, done.Peers)
	if done.Hold != nil {
		text += fmt.Sprintf(", held until %s (hold %s)", done.Hold.Until, done.Hold.ID)
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
	return err
}

// consequence says what happens to the pool and its users.
func (o *deregisterOptions) consequence(handle wire.PoolHandle, id wire.PEIdentifier, pool poolState) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Removes %v from %s.", id, handleText(handle))
	switch left := pool.Elements - 1; left {
	case 0:
		b.WriteString(" It is the last element: users of the pool find none.")
	case 1:
		b.WriteString(" 1 element remains.")
	default:
		fmt.Fprintf(&b, " %d elements remain.", left)
	}
	if o.hold > 0 {
		fmt.Fprintf(&b, " It is refused for %v.", o.hold)
	} else {
		b.WriteString(" It may register again at once; --hold refuses it for a while.")
	}
	if pool.Protected {
		b.WriteString(" The pool is protected.")
	}
	return b.String()
}

// confirm asks the person at the terminal.
func (o *deregisterOptions) confirm(cmd *cobra.Command, handle wire.PoolHandle, typed bool) error {
	if !isatty.IsTerminal(os.Stdin.Fd()) {
		return fail(exitUsage, errors.New("nobody is there to be asked: --yes does it without"))
	}
	want := "yes"
	if typed {
		want = handleText(handle)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Type %s to do it: ", want)
	line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(line) != want {
		return fail(exitRefused, errors.New("not confirmed, nothing was done"))
	}
	return nil
}
