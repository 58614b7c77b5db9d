// The administration's lists.
