// An expert's day and week.
