package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rserpool/registrar/wire"
)

// exportSchema is the only schema of exports that diff reads.
const exportSchema = "rserpool.handlespace/v1"

// exported is an export, as far as two of the same scope are alike.
type exported struct {
	Schema string `json:"schema"`
	Pools  []struct {
		Handle   string           `json:"handle"`
		Bytes    string           `json:"handle_b64"`
		Elements []map[string]any `json:"elements"`
	} `json:"pools"`
}

// ownView are the fields of an element that depend on who is asked, and when.
var ownView = []string{"owned", "state", "expires_at", "unreachable_reports", "registered_at"}

// difference is one element that is not the same in both.
type difference struct {
	Pool    string `json:"pool"`
	Element string `json:"element"`
	// Change is added, removed or changed, from the first to the second.
	Change string   `json:"change"`
	Fields []string `json:"fields,omitempty"`
}

func newDiffCmd() *cobra.Command {
	var o apiFlags
	var exit bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two handlespaces",
		Long: "Compares two handlespaces by their pools and elements. A and B are files that\n" +
			"export has written, or URLs of registrars' dashboards. What depends on who is\n" +
			"asked is left out: the state of an element, and when it expires.\n\n" +
			"Exit codes: 1 with --exit-code if they differ.",
		Example: "  registrar diff before.json after.json\n" +
			"  registrar diff http://192.0.2.1:8080 http://192.0.2.2:8080 --exit-code",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var sides [2]map[string]map[string]any
			for i, from := range args {
				var err error
				if sides[i], err = o.elementsOf(cmd.Context(), from); err != nil {
					return err
				}
			}
			list := compare(sides[0], sides[1])
			if err := printDifferences(cmd, list); err != nil {
				return err
			}
			if exit && len(list) > 0 {
				return fmt.Errorf("%d elements differ", len(list))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` whose first line is the operator token, for registrars with --http-private")
	f.BoolVar(&exit, "exit-code", false, "fail if there is a difference")
	return cmd
}

// elementsOf reads an export: all elements by their pool and identifier.
func (o *apiFlags) elementsOf(ctx context.Context, from string) (map[string]map[string]any, error) {
	var b []byte
	var err error
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		o.server = from
		ctx, cancel := context.WithTimeout(ctx, exportTimeout)
		defer cancel()
		b, err = o.ask(ctx, http.MethodGet, "api/v1/handlespace", nil)
	} else {
		b, err = os.ReadFile(from)
	}
	if err != nil {
		return nil, err
	}
	var e exported
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("%s is no export: %w", from, err)
	}
	if e.Schema != exportSchema {
		return nil, fmt.Errorf("%s: want schema %s, have %q; registrar export writes it", from, exportSchema, e.Schema)
	}
	all := make(map[string]map[string]any)
	for _, p := range e.Pools {
		handle, err := base64.StdEncoding.DecodeString(p.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: pool %q: handle_b64: %w", from, p.Handle, err)
		}
		for _, el := range p.Elements {
			id, ok := el["id"].(string)
			if !ok {
				return nil, fmt.Errorf("%s: pool %q has an element without id", from, p.Handle)
			}
			for _, name := range ownView {
				delete(el, name)
			}
			all[handleText(wire.PoolHandle(handle))+" "+id] = el
		}
	}
	return all, nil
}

// compare lists what is not the same, by pool and element.
func compare(a, b map[string]map[string]any) []difference {
	list := []difference{}
	add := func(name, change string, fields []string) {
		at := strings.LastIndexByte(name, ' ')
		list = append(list, difference{name[:at], name[at+1:], change, fields})
	}
	for name, is := range b {
		was, known := a[name]
		if !known {
			add(name, "added", nil)
			continue
		}
		if fields := changedFields(was, is); len(fields) > 0 {
			add(name, "changed", fields)
		}
	}
	for name := range a {
		if _, known := b[name]; !known {
			add(name, "removed", nil)
		}
	}
	slices.SortFunc(list, func(a, b difference) int {
		return cmp.Or(strings.Compare(a.Pool, b.Pool), strings.Compare(a.Element, b.Element))
	})
	return list
}

// changedFields says in words how two elements differ.
func changedFields(was, is map[string]any) (fields []string) {
	names := make(map[string]bool)
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	for name := range names {
		if !reflect.DeepEqual(was[name], is[name]) {
			fields = append(fields, fmt.Sprintf("%s %s -> %s", name, short(was[name]), short(is[name])))
		}
	}
	slices.Sort(fields)
	return fields
}

func short(v any) string {
	if v == nil {
		return "none"
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	return cmp.Or(string(b), fmt.Sprint(err))
}

func printDifferences(cmd *cobra.Command, list []difference) error {
	switch format(cmd) {
	case asJSONLines:
		for _, d := range list {
			if err := printData(cmd, d); err != nil {
				return err
			}
		}
		return nil
	case asJSON, asYAML:
		return printData(cmd, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "no difference")
		return err
	}
	colors := painterFor(cmd, cmd.OutOrStdout())
	rows := [][]string{{"CHANGE", "POOL", "ELEMENT", "FIELDS"}}
	for _, d := range list {
		rows = append(rows, []string{colors.paint(stateStyle(d.Change), d.Change), d.Pool, d.Element, cmp.Or(strings.Join(d.Fields, "; "), "-")})
	}
	return printTable(cmd, rows...)
}
