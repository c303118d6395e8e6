"""The graders: functions of plain values that return Scores, one family a file."""
