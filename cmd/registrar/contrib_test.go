package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// scraped is what a registrar says at /metrics.
func scraped(t *testing.T) string {
	t.Helper()
	s := launch(t, onLoopback("--http", "127.0.0.1:0")...)
	base, _, _ := strings.Cut(s.stdout.await(t, "dashboard"), "/?token=")
	_, body := get(t, base+"/metrics")
	return body
}

// promtool runs Prometheus' own checker, and fails with what it says.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	toolOf(t, "promtool", "--no-install-recommends prometheus")
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPromtoolChecksMetrics(t *testing.T) { promtool(t, scraped(t), "check", "metrics") }

func TestPromtoolChecksAlerts(t *testing.T) {
	promtool(t, "", "check", "rules", "contrib/alerts.yml")
	promtool(t, "", "test", "rules", "testdata/alerts.yml")
}

// alert is one of contrib/alerts.yml.
type alert struct {
	Alert, Expr         string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) (list []alert) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []alert
		}
	}
	b, err := os.ReadFile("contrib/alerts.yml")
	if err == nil {
		err = yaml.Unmarshal(b, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	return list
}

// expressions finds the queries of a dashboard, wherever they stand in it.
func expressions(part any) (list []string) {
	switch part := part.(type) {
	case map[string]any:
		for key, v := range part {
			if text, ok := v.(string); ok && (key == "expr" || key == "query") {
				list = append(list, text)
			}
			list = append(list, expressions(v)...)
		}
	case []any:
		for _, v := range part {
			list = append(list, expressions(v)...)
		}
	}
	return list
}

func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	var board map[string]any
	b, err := os.ReadFile("contrib/grafana-dashboard.json")
	if err == nil {
		err = json.Unmarshal(b, &board)
	}
	if err != nil {
		t.Fatal(err)
	}
	return expressions(board)
}

// Alerts say what is the matter and what to do about it.
func TestAlertsSayWhatToDo(t *testing.T) {
	list := alerts(t)
	if len(list) < 7 {
		t.Fatalf("%d alerts, want 7 or more", len(list))
	}
	played, err := os.ReadFile("testdata/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if !strings.Contains(string(played), `alertname="`+a.Alert+`"`) {
			t.Errorf("testdata/alerts.yml does not say what makes %s fire", a.Alert)
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s has no summary, or says nothing of what to do: %v", a.Alert, a.Annotations)
		}
		if s := a.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, s) {
			t.Errorf("%s has severity %q", a.Alert, s)
		}
	}
}

// Whatever alerts and dashboard ask for is there, label values too.
func TestContribNamesWhatExists(t *testing.T) {
	body := scraped(t)
	used := map[string][]string{"dashboard": dashboardExpressions(t)}
	for _, a := range alerts(t) {
		used[a.Alert] = []string{a.Expr}
	}
	if n := len(used["dashboard"]); n < 20 {
		t.Fatalf("found %d queries in the dashboard", n)
	}
	for who, list := range used {
		for _, expr := range list {
			for _, fault := range unknown(expr, body) {
				t.Errorf("%s: %s: no %s", who, expr, fault)
			}
		}
	}
}

var (
	selector = regexp.MustCompile(`\b((?:rserpool|go|process)_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)=~?"([^"$]*)"`)
	suffix   = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// ofPeers are the metrics that a registrar has none of as long as it is alone.
var ofPeers = []string{"rserpool_peer_in_sync", "rserpool_peer_last_heard_timestamp_seconds"}

// unknown lists the metrics and label values of expr that the text of a scrape lacks.
func unknown(expr, scrape string) (faults []string) {
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		name := m[1]
		if slices.Contains(ofPeers, name) {
			continue
		}
		typed := strings.Contains(scrape, "\n# TYPE "+name+" ")
		if base := suffix.ReplaceAllString(name, ""); !typed && !strings.Contains(scrape, "\n# TYPE "+base+" histogram\n") {
			faults = append(faults, name)
			continue
		}
		for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
			for value := range strings.SplitSeq(label[2], "|") {
				line := regexp.MustCompile(`(?m)^` + name + `\{.*\b` + label[1] + `="` + regexp.QuoteMeta(value) + `"`)
				if !line.MatchString(scrape) {
					faults = append(faults, name+" with "+label[1]+" "+value)
				}
			}
		}
	}
	return faults
}

// The README has a row for each metric, and for no other.
func TestReadmeNamesAllMetrics(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(rserpool_\\w+)`").FindAllStringSubmatch(string(b), -1) {
		rows = append(rows, m[1])
	}
	served := slices.Clone(ofPeers)
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (rserpool_\w+) `).FindAllStringSubmatch(scraped(t), -1) {
		served = append(served, m[1])
	}
	slices.Sort(rows)
	slices.Sort(served)
	if diff := cmp.Diff(served, rows); diff != "" {
		t.Errorf("metrics (-served +README):\n%s", diff)
	}
}

// The check itself: what it must find, and leave alone.
func TestUnknown(t *testing.T) {
	const scrape = "# HELP x\n# TYPE rserpool_a_total counter\nrserpool_a_total{why=\"b\"} 1\n# TYPE rserpool_h_seconds histogram\n"
	for expr, want := range map[string]int{
		`rate(rserpool_a_total[5m])`: 0, `rserpool_a_total{why=~"b|c", job=~"$job"}`: 1, `rserpool_h_seconds_bucket`: 0,
		`rserpool_h_seconds_max`: 1, `rserpool_b > 1`: 1, `rserpool_a_total_count`: 1, `up == 0`: 0,
	} {
		if got := unknown(expr, scrape); len(got) != want {
			t.Errorf("%s: faults %q, want %d", expr, got, want)
		}
	}
}
