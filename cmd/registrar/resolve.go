package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"rserpool/registrar/client"
	"rserpool/registrar/policy"
	"rserpool/registrar/wire"
)

// resolveOptions are the flags of `registrar resolve`.
type resolveOptions struct {
	asapFlags
	items        uint32
	repeat       int
	distribution bool
}

func newResolveCmd() *cobra.Command {
	o := &resolveOptions{}
	cmd := &cobra.Command{
		Use:   "resolve POOL",
		Short: "Ask a registrar for the elements of a pool",
		Long: "Resolves a pool handle as a pool user does, and shows the elements in the order in\n" +
			"which the pool's policy wants them used. Each resolution asks the registrar and\n" +
			"moves the pool's selection on.",
		Example: "  registrar resolve EchoPool --items 3\n" +
			"  registrar resolve EchoPool --repeat 1000 --distribution\n" +
			"  registrar resolve EchoPool --registrar 192.0.2.1:3863 --registrar 192.0.2.2:3863 -o json\n" +
			"  registrar resolve EchoPool --transport tcp",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			handle, err := poolHandleArg(args[0])
			if err != nil {
				return err
			}
			if o.repeat < 1 {
				return fail(exitUsage, fmt.Errorf("--repeat: want at least 1, have %d", o.repeat))
			}
			return runResolve(cmd, o, handle)
		},
	}
	f := cmd.Flags()
	o.add(f, true)
	f.Uint32Var(&o.items, "items", 0, "how many elements at most; 0 leaves it to the registrar")
	f.IntVar(&o.repeat, "repeat", 1, "how often to ask")
	f.BoolVar(&o.distribution, "distribution", false, "count how often each element came first")
	return cmd
}

func runResolve(cmd *cobra.Command, o *resolveOptions, handle wire.PoolHandle) (err error) {
	c, _, err := o.open(cmd, client.Config{})
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, closeClient(cmd, c)) }()
	answers := make([]client.Resolution, 0, min(o.repeat, 1024))
	count := make(map[wire.PEIdentifier]int)
	for range o.repeat {
		res, err := c.Refresh(cmd.Context(), handle, o.items)
		if err == nil && len(res.Elements) == 0 {
			err = fail(exitNotFound, errors.New("the pool has no element"))
		}
		if err != nil {
			return asapError("cannot resolve pool "+handleText(handle), err)
		}
		count[res.Elements[0].ID]++
		if !o.distribution {
			answers = append(answers, res)
		}
	}
	if o.distribution {
		return printDistribution(cmd, handle, count, o.repeat)
	}
	return printResolutions(cmd, handle, answers)
}

// resolutionJSON is an answer in the words of the export.
type resolutionJSON struct {
	Pool     string             `json:"pool"`
	Policy   policyJSON         `json:"policy"`
	Elements []resolvedElements `json:"elements"`
}

type policyJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type resolvedElements struct {
	ID            string        `json:"id"`
	HomeRegistrar string        `json:"home_registrar"`
	Policy        string        `json:"policy"`
	UserTransport transportJSON `json:"user_transport"`
}

func newPolicyJSON(p wire.Policy) policyJSON {
	return policyJSON{Name: policy.Name(p.Type), Type: p.Type.String()}
}

// printResolutions writes one table for all answers, or a JSON object a line.
func printResolutions(cmd *cobra.Command, handle wire.PoolHandle, answers []client.Resolution) error {
	if wantsData(cmd) {
		write := lineWriter(cmd, cmd.OutOrStdout())
		for _, res := range answers {
			j := resolutionJSON{Pool: handleText(handle), Policy: newPolicyJSON(res.Policy)}
			for _, e := range res.Elements {
				j.Elements = append(j.Elements, resolvedElements{
					ID: e.ID.String(), HomeRegistrar: e.HomeServer.String(), Policy: policy.Spec(e.Policy),
					UserTransport: newTransportJSON(e.UserTransport),
				})
			}
			if err := write(j); err != nil {
				return err
			}
		}
		return nil
	}
	rows := [][]string{{"ID", "HOME", "TRANSPORT", "POLICY"}}
	if len(answers) > 1 {
		rows[0] = append([]string{"ANSWER"}, rows[0]...)
	}
	for i, res := range answers {
		for _, e := range res.Elements {
			row := []string{e.ID.String(), e.HomeServer.String(), transportText(e.UserTransport), policy.Spec(e.Policy)}
			if len(answers) > 1 {
				row = append([]string{strconv.Itoa(i + 1)}, row...)
			}
			rows = append(rows, row)
		}
	}
	return printTable(cmd, rows...)
}

// firstJSON is how often an element came first.
type firstJSON struct {
	ID    string  `json:"id"`
	Count int     `json:"count"`
	Share float64 `json:"share"`
}

// printDistribution writes who came first how often, the most frequent on top.
func printDistribution(cmd *cobra.Command, handle wire.PoolHandle, count map[wire.PEIdentifier]int, total int) error {
	list := make([]firstJSON, 0, len(count))
	for id, n := range count {
		list = append(list, firstJSON{ID: id.String(), Count: n, Share: float64(n) / float64(total)})
	}
	slices.SortFunc(list, func(a, b firstJSON) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	if wantsData(cmd) {
		return printData(cmd, struct {
			Pool        string      `json:"pool"`
			Resolutions int         `json:"resolutions"`
			First       []firstJSON `json:"first"`
		}{handleText(handle), total, list})
	}
	rows := [][]string{{"ID", "FIRST", "SHARE"}}
	for _, f := range list {
		rows = append(rows, []string{f.ID, strconv.Itoa(f.Count), fmt.Sprintf("%.1f%%", 100*f.Share)})
	}
	return printTable(cmd, rows...)
}
