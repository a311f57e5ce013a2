// Command dist makes what a release consists of: an archive for each platform,
// Debian packages, container images, a bill of materials for each program, and
// SHA256SUMS over all of them.
//
// It needs Go, the module's directory as the working directory, and nothing else: no
// daemon, no dpkg, no tar. The same sources, compiler and SOURCE_DATE_EPOCH give the
// same bytes on every machine: entries are sorted and belong to root, times are the
// release's. It knows the formats and what goes where; the manual pages and the
// completions come from the program itself.
//
// Start with release.go, then tree.go (archives), deb.go and oci.go; files/ has what
// the packages hold beside the program.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	version := flag.String("version", "dev", "what is released, as git describe says it")
	maintainer := flag.String("maintainer", noMaintainer, "who answers for the Debian packages, as Jo Doe <jo@example.net>")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: dist [-version VERSION] [-maintainer NAME] DIR")
		os.Exit(2)
	}
	if err := run(*version, *maintainer, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// platforms are those that releases are made for.
var platforms = []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

// run makes the release of version in the directory out.
func run(version, maintainer, out string) error {
	if err := checkMaintainer(maintainer); err != nil {
		return err
	}
	date, err := releaseDate(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	r := release{version: version, maintainer: maintainer, date: date}
	if err := r.build(platforms); err != nil {
		return err
	}
	files, err := r.files()
	if err != nil {
		return err
	}
	return files.write(out)
}

// releaseDate reads the time that everything in the release bears.
func releaseDate(epoch string) (time.Time, error) {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("environment variable SOURCE_DATE_EPOCH is %q: want the time of the commit in seconds since 1970, as git log -1 --format=%%ct says it", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
