package main

import (
	"strings"
	"unicode"
)

// ways are what the codec does with a message.
var ways = []string{"encode", "decode", "parse"}

// writeCodec writes a row for each message.
func writeCodec(tables *strings.Builder, r *results, f figures) {
	messages := r.part("Codec", 2)
	if len(messages) == 0 {
		return
	}
	tables.WriteString(`
Codec: nanoseconds a message. Decode reuses a decoder, parse starts anew, as RSPLIB's decode does; RSPLIB's are median / best.
Allocations are those of encode, decode and parse. HandleTableResponse fills a message of 64 KiB.

`)
	head(tables, "ns/message", "encode", "RSPLIB", "decode", "parse", "RSPLIB", "allocations")
	for _, message := range messages {
		var times, allocations []string
		for _, way := range ways {
			name := "Codec/" + way + "/" + message
			times = append(times, measured(r, name, "ns/op", nanoseconds))
			allocations = append(allocations, measured(r, name, "allocs/op", whole))
		}
		row(tables, elements(message), times[0], f.codec("encode", message), times[1], times[2], f.codec("decode", message),
			strings.Join(allocations, ", "))
	}
}

// measured is a median as text, "-" where there is none.
func measured(r *results, name, unit string, format func(float64) string) string {
	if v, ok := r.median(name, unit); ok {
		return format(v)
	}
	return "-"
}

// codec is RSPLIB's median and best time, "-" where it has none.
func (f figures) codec(way, message string) string {
	name := "Codec/" + way + "/" + message
	middle, ok := f[name+"/median"]
	best, okBest := f[name+"/best"]
	if !ok || !okBest {
		return "-"
	}
	return whole(middle) + " / " + whole(best)
}

// elements writes a message's name with the number of elements behind it apart:
// HandleResolutionResponse3 becomes "HandleResolutionResponse, 3 elements".
func elements(message string) string {
	bare := strings.TrimRightFunc(message, unicode.IsDigit)
	if bare == message {
		return message
	}
	return bare + ", " + message[len(bare):] + " elements"
}
