# METADATA
# title: Runproof's default gate
# description: >-
#   Decides every control and the window from counted findings, coverage and waivers. It has no clock, no network and no
#   randomness: the same input gives the same answer. docs/formats/gate.md describes input and answer.
package runproof.gate

import rego.v1

decision := {
	"verdict": window_verdict("verdict"),
	"verdictBeforeWaivers": window_verdict("verdictBeforeWaivers"),
	"reasons": window_reasons,
	"controls": controls,
}

# Controls, in the order of the manifest.
controls := [judged | some control in input.controls; judged := judge(control)]

# Evaluate first, then waive: both verdicts are kept, so that a waiver never hides what was seen.
judge(control) := {
	"id": control.id,
	"verdict": after_waivers(before.verdict, after.verdict, control),
	"verdictBeforeWaivers": before.verdict,
	"reasons": array.concat(before.reasons, array.concat(waiver_reasons(before.verdict, after.verdict, control), signed_alone(control))),
} if {
	before := assess(control, control.findings)
	after := assess(control, [finding | some finding in control.findings; not finding.waived])
}

after_waivers(before, after, control) := "waived" if {
	before in {"fail", "review"}
	after == "pass"
	any_waived(control)
} else := after

any_waived(control) if {
	some finding in control.findings
	finding.waived
}

# --- one control over one list of findings -------------------------------------------------------------------------------

assess(control, findings) := {"verdict": "not_applicable", "reasons": [reason("not_applicable", "The control applies to no declared workload.", "not_applicable", {}, [])]} if {
	count(control.workloads) == 0
} else := {"verdict": precedence(reasons), "reasons": with_pass(control, findings, reasons)} if {
	failing := [finding | some finding in findings; finding.placed; counts(finding, control.thresholds.fail)]
	enough := count(failing) >= control.thresholds.fail.count
	doubtful := [finding | some finding in findings; finding.placed; counts(finding, control.thresholds.review); not fails_already(finding, enough, control)]
	reasons := array.concat(array.concat(fails(control, failing), reviews(control, findings, doubtful)), doubts(control))
}

# Fail beats review beats inconclusive: a violation that was seen stays one, however little was watched.
precedence(reasons) := "fail" if {
	some why in reasons
	why.verdict == "fail"
} else := "review" if {
	some why in reasons
	why.verdict == "review"
} else := "inconclusive" if {
	some why in reasons
	why.verdict == "inconclusive"
} else := "pass"

with_pass(control, findings, reasons) := [public(why) | some why in reasons] if {
	count(reasons) > 0
} else := array.concat(clean(control, findings), ceiling(control))

clean(control, findings) := [reason(
	"clean", sprintf("%s in %s, and every required sensor watched.", [nothing_counted(count(findings)), workloads_in_words(control)]), "pass",
	{"violations": count(findings), "minutes": input.window.minutes}, [],
)]

# That nothing was seen proves no more than the sensors can see.
ceiling(control) := [reason(
	"ceiling", sprintf("Up to what the sensors can see at all. %s.", [concat(". ", [sprintf("Out of sight for %s: %s", [each.sensor, concat("; ", each.blind)]) | some each in control.ceilings])]), "ceiling",
	{"sensors": count(control.ceilings)}, [],
)] if {
	count(control.ceilings) > 0
} else := []

nothing_counted(0) := "No violation of this control"

nothing_counted(n) := sprintf("%s of this control stay below its thresholds", [plural(n, "violation")]) if n > 1

nothing_counted(1) := "1 violation of this control stays below its thresholds"

# Reasons carry the verdict that they ask for until the precedence is settled.
public(why) := object.remove(why, ["verdict"])

fails(control, failing) := array.concat(
	[object.union(why, {"verdict": "fail"}) | some why in violations_over("fail", control.thresholds.fail, failing)],
	[object.union(why, {"verdict": "fail"}) | input.manifest.blind == "fail"; some why in blind(control)],
)

reviews(control, findings, doubtful) := array.concat(
	[object.union(why, {"verdict": "review"}) | some why in violations_over("review", control.thresholds.review, doubtful)],
	[object.union(why, {"verdict": "review"}) | some why in unplaced(findings)],
)

# What already fails the control is not listed a second time as doubtful.
fails_already(finding, enough, control) if {
	enough
	counts(finding, control.thresholds.fail)
}

counts(finding, threshold) if {
	finding.severity >= threshold.severity
	finding.confidence >= threshold.confidence
}

violations_over(what, threshold, findings) := [reason(
	concat(".", ["violations", what]), violation_words(what, count(findings), threshold), concat("", ["threshold_", what]),
	{"violations": count(findings), "threshold": threshold.count, "severity": threshold.severityWord, "confidence": threshold.confidence},
	[finding.fingerprint | some finding in findings],
)] if {
	count(findings) >= threshold.count
} else := []

violation_words("fail", seen, threshold) := sprintf(
	"%s of severity %s or worse seen with confidence %v or more; %v or more fail the control.",
	[plural(seen, "violating behaviour"), threshold.severityWord, threshold.confidence, threshold.count],
)

violation_words("review", seen, threshold) := sprintf(
	"%s too few, too mild or too uncertain (which workload, which target) to fail the control, and must be looked at; %v or more ask for review.",
	[plural_is(seen, "violating behaviour"), threshold.count],
)

unplaced(findings) := [reason(
	"unplaced", sprintf("%s no believable time, so it is not known whether it belongs to this window.", [plural_carries(count(loose), "violating behaviour")]), "unplaced",
	{"violations": count(loose)}, [finding.fingerprint | some finding in loose],
)] if {
	loose := [finding | some finding in findings; not finding.placed]
	count(loose) > 0
} else := []

# Whatever keeps a control from passing although nothing was found.
doubts(control) := [object.union(why, {"verdict": "inconclusive"}) |
	some why in array.concat(array.concat([why | input.manifest.blind != "fail"; some why in blind(control)], overflowed), array.concat(missing_history(control), undescribed(control)))
]

undescribed(control) := [reason(
	"descriptor", sprintf("Nobody has described what %s cannot see, so that nothing was seen proves nothing.", [concat(", ", some_of(control.undescribed))]), "descriptor",
	{"sensors": count(control.undescribed)}, [],
)] if {
	count(control.undescribed) > 0
} else := []

blind(control) := [reason(
	"coverage", concat("; ", array.concat(some_of(short_words), some_of(gaps))), "coverage",
	{"insufficient": count(short), "silentMinutes": max([watched.silent | some watched in short]), "windowMinutes": input.window.minutes}, [],
)] if {
	short := [watched | some watched in control.watched; not watched.sufficient]
	count(short) > 0
	sensors := {watched.sensor | some watched in short}
	short_words := [sprintf("%s watched %s for %v of %v minutes (%v, at least %v is required)", [watched.sensor, watched.workload, watched.observed + watched.degraded, input.window.minutes, watched.ratio, watched.minCoverage]) | some watched in short]
	concerned := [gap | some gap in control.gaps; gap.sensor in sensors]
	gaps := [sprintf("blind: %s%s from %s to %s (%v min, %s)", [gap.sensor, node_words(gap), gap.from, gap.to, gap.minutes, gap.why]) | some gap in concerned]
} else := [reason("coverage", "Nobody was declared to watch this control.", "coverage", {"insufficient": 0, "silentMinutes": input.window.minutes, "windowMinutes": input.window.minutes}, [])] if {
	count(control.watched) == 0
} else := []

overflowed := [reason("overflow", "More was seen than one window keeps; what was left out cannot be judged.", "overflow", {"limits": count(input.overflow)}, [])] if {
	count(input.overflow) > 0
} else := []

missing_history(control) := [reason("history", "The control looks back further than this window, and the evidence of the earlier windows is not here.", "history", {}, [])] if {
	control.missingHistory
} else := []

waiver_reasons(before, after, control) := [reason(
	"waived", sprintf("%s covered by a waiver in force; before waivers the verdict is %s, after them %s.", [plural_is(count(waived), "violating behaviour"), before, after]), "waiver",
	{"waived": count(waived)}, [finding.fingerprint | some finding in waived],
)] if {
	waived := [finding | some finding in control.findings; finding.waived]
	count(waived) > 0
} else := []

# What one person accepted and two must: it counts as not accepted.
signed_alone(control) := [reason(
	"second_person", sprintf("%s accepted by one person alone, and violations of this severity take two: the waiver does not cover them yet.", [plural_is(count(waiting), "violating behaviour")]), "second_person",
	{"violations": count(waiting)}, [finding.fingerprint | some finding in waiting],
)] if {
	waiting := [finding | some finding in control.findings; finding.awaitsSecondPerson]
	count(waiting) > 0
} else := []

# --- the window --------------------------------------------------------------------------------------------------------

# Fail if any control fails; else review, else inconclusive, if any is, or if nothing was judged; else pass. After an overflow every
# control that applies is inconclusive already.
window_verdict(which) := "fail" if {
	some control in controls
	control[which] == "fail"
} else := "fail" if {
	input.manifest.unmapped.verdict == "fail"
	count(unmapped) > 0
} else := "review" if {
	some control in controls
	control[which] == "review"
} else := "review" if {
	input.manifest.unmapped.verdict == "review"
	count(unmapped) > 0
} else := "inconclusive" if {
	some control in controls
	control[which] == "inconclusive"
} else := "inconclusive" if {
	count([control | some control in controls; control[which] != "not_applicable"]) == 0
} else := "pass"

unmapped := [finding | some finding in input.unmapped; finding.severity >= input.manifest.unmapped.severity]

window_reasons := array.concat(array.concat(control_reasons, unmapped_reasons), array.concat(nothing_judged, overflowed))

control_reasons := [why |
	some verdict in told
	ids := [control.id | some control in controls; control.verdict == verdict]
	count(ids) > 0
	why := reason(
		concat(".", ["controls", verdict]),
		sprintf("%v of %s %s: %s.", [count(ids), plural(count(controls), "control"), verdict_words[verdict][number(ids)], concat(", ", some_of(ids))]),
		"controls", {"controls": count(ids), "of": count(controls)}, [],
	)
]

# A window that passes says so: no verdict is without its reason.
told := ["fail", "review", "inconclusive", "waived", "pass"] if {
	window_verdict("verdict") == "pass"
} else := ["fail", "review", "inconclusive", "waived"]

verdict_words := {
	"fail": {"one": "fails", "many": "fail"},
	"review": {"one": "waits for a person", "many": "wait for a person"},
	"inconclusive": {"one": "could not be judged", "many": "could not be judged"},
	"waived": {"one": "is waived", "many": "are waived"},
	"pass": {"one": "passes", "many": "pass"},
}

number(items) := "one" if {
	count(items) == 1
} else := "many"

unmapped_reasons := [reason(
	"unmapped", sprintf("%s of severity high enough to matter is mapped by no control.", [plural(count(unmapped), "detection")]), "unmapped",
	{"detections": count(unmapped), "severity": input.manifest.unmapped.severity}, [finding.fingerprint | some finding in unmapped],
)] if {
	count(unmapped) > 0
	input.manifest.unmapped.verdict != "list"
} else := []

nothing_judged := [reason("nothing_judged", "No control applies to anything in this window.", "nothing_judged", {}, [])] if {
	count([control | some control in controls; control.verdict != "not_applicable"]) == 0
} else := []

# --- words -------------------------------------------------------------------------------------------------------------

reason(code, message, rule, numbers, findings) := {"code": code, "message": message, "rule": concat(".", ["runproof.gate", rule]), "numbers": numbers, "findings": findings}

plural(1, noun) := sprintf("1 %s", [noun])

plural(n, noun) := sprintf("%v %ss", [n, noun]) if n != 1

plural_is(1, noun) := sprintf("1 %s is", [noun])

plural_is(n, noun) := sprintf("%v %ss are", [n, noun]) if n != 1

plural_carries(1, noun) := sprintf("1 %s carries", [noun])

plural_carries(n, noun) := sprintf("%v %ss carry", [n, noun]) if n != 1

workloads_in_words(control) := control.workloads[0] if {
	count(control.workloads) == 1
} else := sprintf("%v workloads", [count(control.workloads)])

node_words(gap) := sprintf(" on %s", [gap.node]) if {
	gap.node != null
} else := ""

# A reason stays short enough to be read, however many it speaks of: the numbers beside it and the report are whole.
some_of(words) := array.concat(array.slice(words, 0, 5), [sprintf("and %v more", [count(words) - 5])]) if {
	count(words) > 5
} else := words
