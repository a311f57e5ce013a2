package main

import (
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"rserpool/registrar/node"
)

// places is where a registrar can be reached.
type places struct {
	Registrar string   `json:"registrar"`
	ASAP      []string `json:"asap"`
	ASAPTCP   []string `json:"asap_tcp,omitempty"`
	ASAPTLS   []string `json:"asap_tls,omitempty"`
	ENRP      []string `json:"enrp"`
	HTTP      string   `json:"http,omitempty"`
	Dashboard string   `json:"dashboard,omitempty"`
	PProf     string   `json:"pprof,omitempty"`
}

// tellPlaces prints where the registrar can be reached.
func tellPlaces(cmd *cobra.Command, n *node.Node, board *dashboard, profiles *profiler) error {
	p := places{PProf: profiles.addr(), Registrar: n.ID().String(), ASAP: texts(n.ASAPAddrs()), ENRP: texts(n.ENRPAddrs())}
	p.ASAPTCP, p.ASAPTLS = texts(n.ASAPStreamAddrs()), texts(n.ASAPTLSAddrs())
	if board != nil {
		p.HTTP, p.Dashboard = board.addr(), board.link()
	}
	if wantsData(cmd) {
		return printData(cmd, p)
	}
	rows := [][]string{{"registrar", p.Registrar}, {"asap", strings.Join(p.ASAP, " ")}}
	for _, stream := range []struct {
		port string
		at   []string
	}{{node.PortASAPStream, p.ASAPTCP}, {node.PortASAPTLS, p.ASAPTLS}} {
		if len(stream.at) > 0 {
			rows = append(rows, []string{stream.port, strings.Join(stream.at, " ")})
		}
	}
	rows = append(rows, []string{"enrp", strings.Join(p.ENRP, " ")})
	if board != nil {
		rows = append(rows, []string{"http", p.HTTP}, []string{"dashboard", p.Dashboard})
	}
	if p.PProf != "" {
		rows = append(rows, []string{"pprof", p.PProf})
	}
	return printRows(cmd.OutOrStdout(), rows...)
}

func texts(list []netip.AddrPort) []string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return texts
}
