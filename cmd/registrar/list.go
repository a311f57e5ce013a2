package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// watchPace is how often --watch looks.
const watchPace = time.Second

// column is one of a table of a list.
type column struct {
	head string
	// path is where the value is in an item, with dots between names.
	path string
	// wide columns are those of -o wide.
	wide bool
	// style is how its cells look on a terminal; nil is like the rest.
	style func(cell string) style
}

// listing is a command that shows a list of the API.
type listing struct {
	apiFlags
	path    string // below api/v1
	columns []column

	filter, sort string
	limit        int
	watch        bool
	// also are parameters that the command adds.
	also url.Values
}

// listPage is one page of a list of the API.
type listPage struct {
	Items []json.RawMessage `json:"items"`
	Next  *string           `json:"next_cursor"`
	Total int               `json:"total"`
	Seq   uint64            `json:"seq"`
}

// addTo adds the flags of lists to a command; sorts are the orders that it knows, none
// where the list only grows.
func (l *listing) addTo(cmd *cobra.Command, sorts ...string) {
	f := cmd.Flags()
	l.add(f)
	f.StringVar(&l.filter, "filter", "", "only rows that fit `WORDS`, such as 'state!=up home:own'; the dashboard has the same filters")
	f.IntVar(&l.limit, "limit", 0, "at most `N` rows; 0 is all")
	if len(sorts) > 0 {
		f.BoolVar(&l.watch, "watch", false, "show the list again whenever it has changed")
		f.StringVar(&l.sort, "sort", "", "order: "+strings.Join(sorts, ", ")+"; with a minus in front, turned round")
		_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(sorts, cobra.ShellCompDirectiveNoFileComp))
	}
}

// run shows the list, once or for as long as it is watched.
func (l *listing) run(cmd *cobra.Command) error {
	if l.limit < 0 {
		return fail(exitUsage, fmt.Errorf("--limit: want 0 or more, have %d", l.limit))
	}
	var shown []byte
	for {
		page, err := l.fetch(cmd.Context())
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := l.print(cmd, &b, page); err != nil {
			return err
		}
		if !bytes.Equal(b.Bytes(), shown) {
			if shown != nil && !wantsData(cmd) {
				fmt.Fprintln(cmd.OutOrStdout())
			}
			if _, err := cmd.OutOrStdout().Write(b.Bytes()); err != nil {
				return err
			}
			shown = bytes.Clone(b.Bytes())
		}
		if !l.watch || !sleep(cmd.Context(), watchPace) {
			return nil
		}
	}
}

// fetch gets the list, page by page.
func (l *listing) fetch(ctx context.Context) (all listPage, err error) {
	all.Items = []json.RawMessage{}
	for {
		q := url.Values{}
		maps.Copy(q, l.also)
		if l.filter != "" {
			q.Set("q", l.filter)
		}
		if l.sort != "" {
			q.Set("sort", l.sort)
		}
		// Each page costs the registrar an ordering of the whole list.
		want := pageLimit
		if l.limit > 0 {
			want = min(l.limit-len(all.Items), pageLimit)
		}
		q.Set("limit", strconv.Itoa(want))
		if all.Next != nil {
			q.Set("cursor", *all.Next)
		}
		var page listPage
		if err := l.get(ctx, "api/v1/"+l.path, q, &page); err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
		all.Next, all.Total, all.Seq = page.Next, page.Total, page.Seq
		if all.Next == nil || l.limit > 0 && len(all.Items) >= l.limit {
			return all, nil
		}
	}
}

// pageLimit is the most that the API gives at once.
const pageLimit = 10_000

// print writes the list as -o says.
func (l *listing) print(cmd *cobra.Command, w io.Writer, page listPage) error {
	switch format(cmd) {
	case asJSON:
		return encodeJSON(w, page, "  ")
	case asYAML:
		return writeYAML(w, page)
	case asJSONLines:
		for _, item := range page.Items {
			if err := encodeJSON(w, item, ""); err != nil {
				return err
			}
		}
		return nil
	}
	var columns []column
	var head []string
	for _, c := range l.columns {
		if !c.wide || format(cmd) == asWide {
			columns, head = append(columns, c), append(head, c.head)
		}
	}
	colors := painterFor(cmd, cmd.OutOrStdout())
	rows := [][]string{head}
	for _, item := range page.Items {
		var values map[string]any
		if err := json.Unmarshal(item, &values); err != nil {
			return err
		}
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = cell(values, c.path)
			if c.style != nil {
				row[i] = colors.paint(c.style(row[i]), row[i])
			}
		}
		rows = append(rows, row)
	}
	return printTableTo(cmd, w, rows...)
}
