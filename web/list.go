package web

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
	"rserpool/ui/view"
)

// Limits of one page of a list.
const (
	listDefault = 1000
	listMost    = 10_000
)

// listWish is what a client wants of a list: ?q=&sort=&limit=&cursor=.
type listWish struct {
	query view.Query // its filter and order
	limit int
	// after is the last row of the page before, more is set where there was one.
	after view.Listed
	more  bool
}

// readList reads the parameters of a list that can be sorted by the given columns,
// and says what is wrong with them.
func readList(values url.Values, sorts []string) (w listWish, title, detail string) {
	w.limit = listDefault
	for name := range values {
		v, err := values.Get(name), error(nil)
		switch name {
		case "q":
			w.query.Filter = v
		case "sort":
			if w.query.Sort = v; !slices.Contains(sorts, strings.TrimPrefix(v, "-")) {
				return w, "No such order", "Want sort=" + strings.Join(sorts, ", ") + ", or one of them behind a minus, have " + strconv.Quote(v) + "."
			}
		case "limit":
			if w.limit, err = strconv.Atoi(v); err != nil || w.limit < 1 || w.limit > listMost {
				return w, "No such limit", "Want limit=1 to " + strconv.Itoa(listMost) + ", have " + strconv.Quote(v) + "."
			}
		case "cursor":
			w.more = true
			if w.after, err = parseCursor(v); err != nil {
				return w, "No such cursor", "Want the next_cursor of the page before, have " + strconv.Quote(v) + "."
			}
		default:
			return w, "Unknown parameter " + name, "This route knows q, sort, limit and cursor."
		}
	}
	return w, "", ""
}

// A cursor is the place of a row in the order, so that rows which come and go
// meanwhile move no others.
const cursorSize = 12

func cursorOf(l view.Listed) string {
	b := binary.BigEndian.AppendUint64(nil, l.Rank)
	b = binary.BigEndian.AppendUint32(b, uint32(l.Ref.ID))
	return base64.RawURLEncoding.EncodeToString(append(b, l.Ref.Handle...))
}

func parseCursor(text string) (l view.Listed, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < cursorSize {
		return l, errors.New("no cursor")
	}
	l.Rank = binary.BigEndian.Uint64(b)
	l.Ref = replica.Ref{ID: wire.PEIdentifier(binary.BigEndian.Uint32(b[8:])), Handle: wire.PoolHandle(b[cursorSize:])}
	return l, nil
}

// listPage is one page of a list in the API.
type listPage[V any] struct {
	Items []V `json:"items"`
	// Next is null on the last page.
	Next *string `json:"next_cursor"`
	// Total is how many rows fit the filter, Sequence the change of the feed that the
	// page is as of.
	Total    int    `json:"total"`
	Sequence uint64 `json:"seq"`
}

// serveList answers with the wanted page of a list whose rows are made by item.
func serveList[V any](s *server, w http.ResponseWriter, r *http.Request, sorts []string, q view.Query,
	rows func(*replica.Replica, view.Query) view.Listing, item func(*replica.Replica, replica.Ref) V,
) {
	wish, title, detail := readList(r.URL.Query(), sorts)
	if title != "" {
		problem(w, http.StatusBadRequest, title, detail)
		return
	}
	q.Filter, q.Sort = wish.query.Filter, wish.query.Sort
	page := listPage[V]{Items: []V{}}
	var fault string
	s.Hub.View(func(r *replica.Replica) {
		l := rows(r, q)
		if fault = l.Fault; fault != "" {
			return
		}
		part := l.Rows
		if wish.more {
			part = l.Behind(wish.after)
		}
		if len(part) > wish.limit {
			part = part[:wish.limit]
			next := cursorOf(part[wish.limit-1])
			page.Next = &next
		}
		page.Total, page.Sequence = len(l.Rows), r.Sequence().Number
		for _, row := range part {
			page.Items = append(page.Items, item(r, row.Ref))
		}
	})
	if fault != "" {
		problem(w, http.StatusBadRequest, "No such filter", fault)
		return
	}
	writeJSON(w, page)
}
