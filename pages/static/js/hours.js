// The hours editor.
