#!/bin/sh
# A scripted agent. It speaks the line protocol of docs/executors/command.md: lines that begin with the value of SIGNALBOX, and
# answers on descriptor 3. It works on the folder that is named after its stream.
say() { echo "$SIGNALBOX $*"; }

say "progress {\"pid\": $$}"

# The first attempt of this one hangs, as agents do. Somebody will have to end it.
[ "$SIGNALBOX_ATTEMPT" = r1/web/build#1 ] && sleep 1000

mkdir -p "$AREA"
echo "$AREA by $SIGNALBOX_ATTEMPT" >"$AREA/work.txt"
say "milestone draft"

# Its own folder is its claim; the index belongs to everybody, so it asks, and goes on without it if another is there.
say "claim write index.txt"
read -r answer <&3
[ "$answer" = granted ] && echo "$AREA" >>index.txt

echo "wrote $AREA/work.txt"
say "result {\"file\": \"$AREA/work.txt\"}"
