#!/usr/bin/env python3
"""Alerts when teams of an Iris are asleep or cannot work. Needs Python 3.9 and nothing else.

    export IRIS_URL=http://127.0.0.1:1615
    export IRIS_KEY=...            # npx iris key create monitor --permission status
    python3 monitor.py                                  # all teams, once: from cron, or as a check of Nagios
    python3 monitor.py backend frontend --every 60 --webhook https://hooks.slack.com/services/...

Once: exit code 0 where all are awake, 1 where one is not, 2 where Iris gives no answer. With --every it goes on, and
tells the webhook what has changed, as {"text": ...}.
"""
import argparse
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request


def look(url, key, wanted):
    """What is wrong, by name: of the teams, or of Iris itself."""
    request = urllib.request.Request(f"{url}/api/teams", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            teams = {team["name"]: team for team in json.load(response)["teams"]}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:  # also an answer of 400 and above, or one that breaks off
        return {"iris": f"Iris at {url} gives no answer: {error}"}
    wrong = {}
    for name in wanted or teams:
        if name not in teams:
            wrong[name] = f"There is no team {name}, or the key does not reach it"
        elif "unavailable" in teams[name]:
            wrong[name] = f"Team {name} cannot work: {teams[name]['unavailable']}"
        elif teams[name]["status"] == "asleep":
            wrong[name] = f"Team {name} is asleep"
    return wrong


def alert(webhook, lines):
    print("\n".join(lines), flush=True)
    if webhook:
        body = json.dumps({"text": "\n".join(lines)}).encode()
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except (OSError, http.client.HTTPException) as error:
            print(f"The webhook gives no answer: {error}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="Alerts when teams of an Iris are asleep.")
    parser.add_argument("teams", nargs="*", help="default: all that the key reaches")
    parser.add_argument("--url", default=os.environ.get("IRIS_URL", "http://127.0.0.1:1615"))
    parser.add_argument("--webhook", default=os.environ.get("ALERT_WEBHOOK"), help="told by POST")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="go on looking")
    options = parser.parse_args()
    key = os.environ.get("IRIS_KEY", "").strip()  # of a secret with a line break at its end, urllib says the whole

    known = {}
    while True:
        wrong = look(options.url.rstrip("/"), key, options.teams)
        news = [text for name, text in wrong.items() if known.get(name) != text]
        news += [f"Well again: {name}" for name in known if name not in wrong]
        if news:
            alert(options.webhook, news)
        if not options.every:
            return 2 if "iris" in wrong else 1 if wrong else 0
        known = wrong
        time.sleep(options.every)


if __name__ == "__main__":
    sys.exit(main())
