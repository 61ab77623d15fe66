set -u
python labels.py "$@"
status=$?
echo "labels: done" >&2
exit $status
