//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "chaos: it needs network namespaces, which Linux alone has")
	os.Exit(1)
}
