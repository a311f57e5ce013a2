package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"rserpool/registrar/feed"
	"rserpool/registrar/wire"
)

// answered is a page of a list, with what all items are known by.
type answered struct {
	Items []struct {
		ID, Key, Pool string
		PoolKey       string `json:"pool_key"`
		Up            int
	}
	Next  *string `json:"next_cursor"`
	Total int
	Seq   uint64
}

func getList(t *testing.T, url string) (status int, a answered, body string) {
	t.Helper()
	status, body, _ = do(t, http.MethodGet, url, nil)
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err, body)
	}
	return status, a, body
}

// names are the items of a page.
func (a answered) names() string {
	var list []string
	for _, i := range a.Items {
		list = append(list, strings.TrimPrefix(i.PoolKey+"/"+i.Key+i.ID, "/"))
	}
	return strings.Join(list, " ")
}

func fillLists(hub *Hub) {
	suspect := feed.ElementState{Handle: "b", ID: 3, Health: feed.Unanswered, Reports: 2}
	hub.Publish(start, []feed.Message{
		add("b", element(3, self)), add("b", element(1, other)), add("a/ä", element(2, self)), suspect,
		feed.PeerState{Peer: other, State: feed.Active},
		feed.PeerState{Peer: 5, State: feed.Suspect},
	})
}

func TestLists(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	fillLists(hub)
	for _, tt := range []struct {
		path, want string
		total      int
	}{
		{"pools", "b64.YS_DpA b", 2},
		{"pools?sort=-handle", "b b64.YS_DpA", 2},
		{"pools?sort=state", "b b64.YS_DpA", 2},
		{"pools?q=state:suspect", "b", 1},
		{"pools?q=elements>1", "b", 1},
		{"elements", "b64.YS_DpA/0x00000002 b/0x00000001 b/0x00000003", 3},
		{"elements?sort=-pool", "b/0x00000003 b/0x00000001 b64.YS_DpA/0x00000002", 3},
		{"elements?sort=id", "b/0x00000001 b64.YS_DpA/0x00000002 b/0x00000003", 3},
		{"elements?sort=-reports", "b/0x00000003 b64.YS_DpA/0x00000002 b/0x00000001", 3},
		{"elements?q=state!%3Dup", "b/0x00000003", 1},
		{"elements?q=home:own", "b64.YS_DpA/0x00000002 b/0x00000003", 2},
		{"pools/b/elements", "b/0x00000001 b/0x00000003", 2},
		{"pools/b/elements?sort=-id", "b/0x00000003 b/0x00000001", 2},
		{"pools/b64.YS_DpA/elements", "b64.YS_DpA/0x00000002", 1},
		{"peers", "0x00000005 0x0b0b0b0b", 2},
		{"peers?sort=-id", "0x0b0b0b0b 0x00000005", 2},
		{"peers?sort=state", "0x00000005 0x0b0b0b0b", 2},
		{"peers?q=state:active", "0x0b0b0b0b", 1},
	} {
		status, got, body := getList(t, s.URL+"/api/v1/"+tt.path)
		if status != http.StatusOK || got.names() != tt.want || got.Total != tt.total || got.Next != nil || got.Seq != 2 {
			t.Errorf("%s: %d %s, want %s of %d", tt.path, status, body, tt.want, tt.total)
		}
	}
	for _, path := range []string{
		"pools?sort=expires", "elements?sort=handle", "peers?limit=0", "peers?limit=10001", "peers?limit=x", "elements?cursor=AAAA",
		"elements?cursor=!", "pools?since=3", "pools?q=colour:red",
	} {
		if status, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/"+path, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", path, status, body)
		}
	}
}

// Pages of a list that changes meanwhile: what was there all the time is there once.
func TestListPages(t *testing.T) {
	const count = 25
	for _, sort := range []string{"pool", "-pool", "expires", "-id", "reports"} {
		t.Run(sort, func(t *testing.T) {
			s, hub, _ := newTestServer(t, nil)
			for n := range count {
				hub.Publish(start, []feed.Message{add("p"+wire.PoolHandle(rune('a'+n%3)), element(wire.PEIdentifier(n+1), self))})
			}
			seen := make(map[string]int)
			next := ""
			for page := 1; ; page++ {
				status, got, body := getList(t, s.URL+"/api/v1/elements?limit=4&sort="+sort+next)
				if status != http.StatusOK || len(got.Items) > 4 {
					t.Fatalf("page %d: %d %s", page, status, body)
				}
				for _, i := range got.Items {
					seen[i.ID]++
				}
				if got.Next == nil {
					break
				}
				next = "&cursor=" + url.QueryEscape(*got.Next)
				// The last one of the page goes, and others come.
				last := got.Items[len(got.Items)-1]
				id, err := strconv.ParseUint(last.ID, 0, 32)
				if err != nil {
					t.Fatal(err)
				}
				hub.Publish(start, []feed.Message{
					del(wire.PoolHandle(last.Pool), element(wire.PEIdentifier(id), self)), add("pz", element(wire.PEIdentifier(1000+page), self)),
				})
				if page > 4*count {
					t.Fatal("no last page")
				}
			}
			for n := range count {
				if id := wire.PEIdentifier(n + 1).String(); seen[id] != 1 {
					t.Errorf("%s is in %d pages", id, seen[id])
				}
			}
		})
	}
}

// One pool, element or peer, and the registrar itself (MIB-01).
func TestSingles(t *testing.T) {
	s, hub, _ := newTestServer(t, nil)
	fillLists(hub)
	for path, want := range map[string]string{
		"pools/b":                     `"elements":2,"up":1,"suspect":1`,
		"pools/b64.Yg":                `"members":[{"id":"0x00000001"`,
		"pools/a%2F%C3%A4":            `"handle":"a/ä"`,
		"pools/b/elements/3":          `"pool":"b","pool_key":"b","id":"0x00000003","home_registrar":"0x0a0a0a0a","owned":true,"state":"suspect"`,
		"pools/b/elements/0x00000001": `"owned":false`,
		"pools/c":                     `"status":404`,
		"pools/c/elements":            `"status":404`,
		"pools/b64.!/elements":        `"status":400`,
		"pools/c/elements/1":          `"status":404`,
		"pools/b/elements/9":          `"status":404`,
		"pools/b/elements/x":          `"status":400`,
		"pools/b64.!":                 `"status":400`,
		"pools/b64.!/elements/1":      `"status":400`,
		"peers/0x0b0b0b0b":            `{"id":"0x0b0b0b0b","state":"active"`,
		"peers/9":                     `"status":404`,
		"peers/nobody":                `"status":400`,
		"status":                      `"elements":{"total":3,"up":2,"suspect":1,"expired":0,"owned":2},"peers":{"total":2,"in_sync":0,"out_of_sync":0,"dead":0},"holds":0,"problems":[{"title":"Registrar 0x00000005 is silent","detail":"Probed. Without an answer its 0 elements are taken over."},{"title":"1 element does`,
	} {
		if _, body, _ := do(t, http.MethodGet, s.URL+"/api/v1/"+path, nil); !strings.Contains(body, want) {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
	}
}
