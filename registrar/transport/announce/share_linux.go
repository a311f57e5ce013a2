package announce

import "syscall"

var shareOptions = []int{syscall.SO_REUSEADDR}
