package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// status is what GET /api/v1/status says; -o json has all of it.
type status struct {
	Registrar struct {
		ID       string  `json:"id"`
		Version  string  `json:"version"`
		Uptime   float64 `json:"uptime_seconds"`
		Checksum string  `json:"checksum"`
	} `json:"registrar"`
	Phase     string `json:"phase"`
	Ready     bool   `json:"ready"`
	Dialect   string `json:"dialect"`
	Transport string `json:"transport"`
	ASAP      string `json:"asap"`
	ENRP      string `json:"enrp"`
	Pools     int    `json:"pools"`
	Elements  struct {
		Total   int `json:"total"`
		Up      int `json:"up"`
		Suspect int `json:"suspect"`
		Expired int `json:"expired"`
		Owned   int `json:"owned"`
	} `json:"elements"`
	Peers struct {
		Total     int `json:"total"`
		InSync    int `json:"in_sync"`
		OutOfSync int `json:"out_of_sync"`
		Dead      int `json:"dead"`
	} `json:"peers"`
	Holds    int `json:"holds"`
	Problems []struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	} `json:"problems"`
	ProblemsTotal int `json:"problems_total"`
	Limits        []struct {
		Name  string `json:"name"`
		Limit int    `json:"limit"`
		Used  *int   `json:"used"`
		Hits  uint64 `json:"hits"`
	} `json:"limits"`
	Guard *struct {
		Engaged     bool    `json:"engaged"`
		Held        int     `json:"held"`
		Own         int     `json:"own"`
		SecondsLeft float64 `json:"seconds_left"`
		Threshold   int     `json:"threshold"`
	} `json:"guard"`
	Overloaded bool `json:"overloaded"`
}

func newStatusCmd() *cobra.Command {
	var o apiFlags
	wait := newChoice("", "ready")
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how a registrar is, and what is wrong",
		Long: "Says how a registrar is: whether it serves, how much it has, and what an operator\n" +
			"should look at. -o wide and the formats for programs have its limits too, how much of\n" +
			"them is used, and how often they were reached. --wait ready returns when it serves,\n" +
			"or fails after --timeout.",
		Example: "  registrar status\n  registrar status --wait ready --timeout 1m\n  registrar status -o json | jq .problems",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			until := time.Now().Add(timeout)
			for {
				var all json.RawMessage
				var s status
				err := o.get(cmd.Context(), "api/v1/status", nil, &all)
				if err == nil {
					err = o.read(all, &s)
				}
				if err == nil && (wait.value == "" || s.Ready) {
					if wantsData(cmd) {
						return printData(cmd, all)
					}
					return printStatus(cmd, s)
				}
				if wait.value == "" || err != nil && exitCode(err) != exitUnreachable {
					return err
				}
				if time.Now().After(until) {
					if err == nil {
						err = errors.New("it is " + s.Phase)
					}
					return fail(exitTimeout, fmt.Errorf("not ready after %v: %w", timeout, err))
				}
				if !sleep(cmd.Context(), watchPace/4) {
					return cmd.Context().Err()
				}
			}
		},
	}
	o.add(cmd.Flags())
	cmd.Flags().Var(wait, "wait", "return when it is `ready`")
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long --wait waits")
	return cmd
}

func printStatus(cmd *cobra.Command, s status) error {
	uptime := time.Duration(s.Registrar.Uptime * float64(time.Second)).Round(time.Second)
	colors := painterFor(cmd, cmd.OutOrStdout())
	rows := [][]string{
		{"registrar", s.Registrar.ID + ", " + colors.paint(stateStyle(s.Phase), s.Phase) + ", up " + uptime.String()},
		{"version", strings.TrimSpace(s.Registrar.Version + " " + s.Dialect + " " + s.Transport)},
		{"asap", s.ASAP},
		{"enrp", s.ENRP},
		{"pools", fmt.Sprint(s.Pools)},
		{"elements", fmt.Sprintf("%d, %d up, %d owned here", s.Elements.Total, s.Elements.Up, s.Elements.Owned)},
		{"peers", fmt.Sprintf("%d, %d in sync", s.Peers.Total, s.Peers.InSync)},
		{"holds", fmt.Sprint(s.Holds)},
	}
	if s.Overloaded {
		rows = append(rows, []string{"overload", colors.paint(yellow, "more is asked than can be answered: handle resolutions wait, or are refused")})
	}
	if row := guardRow(s, format(cmd) == asWide); row != nil {
		rows = append(rows, row)
	}
	for i, p := range s.Problems {
		name := "problems"
		if i > 0 {
			name = ""
		}
		rows = append(rows, []string{name, colors.paint(yellow, p.Title+".") + " " + p.Detail})
	}
	if more := s.ProblemsTotal - len(s.Problems); more > 0 {
		rows = append(rows, []string{"", fmt.Sprintf("and %d more", more)})
	}
	if len(s.Problems) == 0 {
		rows = append(rows, []string{"problems", colors.paint(green, "none")})
	}
	if format(cmd) == asWide {
		rows = append(rows, limitRows(s)...)
	}
	return printRows(cmd.OutOrStdout(), rows...)
}

// guardRow says whether elements are kept that have fallen silent, and if all is wanted,
// how many of them it takes for that.
func guardRow(s status, all bool) []string {
	switch g := s.Guard; {
	case g == nil:
		return nil
	case g.Engaged:
		left := time.Duration(g.SecondsLeft * float64(time.Second)).Round(time.Second)
		return []string{"guard", fmt.Sprintf("engaged: %d of %d elements owned here are silent, and kept for %v at most", g.Held, g.Own, left)}
	case all:
		return []string{"guard", fmt.Sprintf("ready: engages when %d of the elements owned here are silent, %d now", g.Threshold, g.Own)}
	}
	return nil
}

// limitRows say how much of each limit is used, with the setting that moves it.
func limitRows(s status) (rows [][]string) {
	serve := newServeCmd().Flags()
	for _, l := range s.Limits {
		text := fmt.Sprint(l.Limit)
		if l.Used != nil {
			text = fmt.Sprintf("%d of %d", *l.Used, l.Limit)
		}
		if l.Hits > 0 {
			text += fmt.Sprintf(", %dx reached", l.Hits)
		}
		name := strings.ReplaceAll(l.Name, "_", "-")
		if serve.Lookup(name) != nil {
			name = "--" + name
		} else {
			name = strings.ReplaceAll(name, "-", " ")
		}
		rows = append(rows, []string{name, text})
	}
	return rows
}
