package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxFile is more than any chain of certificates with its key.
const maxFile = 1 << 20

// The modes of files with secrets, which nobody else reads, and of others.
const (
	secretMode fs.FileMode = 0o600
	publicMode fs.FileMode = 0o644
)

// readFile reads a file up to limit bytes. private reports whether nobody but its
// owner can read it.
func readFile(name string, limit int64) (b []byte, private bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	b, err = io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, false, err
	case int64(len(b)) > limit:
		return nil, false, fmt.Errorf("%s: want at most %d bytes", name, limit)
	}
	// Windows has no such bits: who may read is not told by them.
	return b, runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0, nil
}

// readSecret reads a file that others must not be able to read.
func readSecret(name string) ([]byte, error) {
	b, private, err := readFile(name, maxFile)
	if err == nil && !private {
		err = exposed(name)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func exposed(name string) error {
	return fmt.Errorf("%s: others can read the secret in it; run chmod 600 %[1]s", name)
}

// loadKey reads a key file: its first line is the key.
func loadKey(name string) (Key, error) {
	b, err := readSecret(name)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	k, err := ParseKey(line)
	if err != nil {
		return nil, fmt.Errorf("%s: first line: %w", name, err)
	}
	return k, nil
}

// CreateSecret writes a new file that only its owner can read; there must be none
// of its name.
func CreateSecret(name string, b []byte) error { return createFile(name, b, secretMode) }

// createFile writes a new file; there must be none of its name.
func createFile(name string, b []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; it is not overwritten, since what is in it may be in use", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name)
	}
	return err
}

// replaceFile writes a file whole or not at all, readable by its owner only.
func replaceFile(name string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
