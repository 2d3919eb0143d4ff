# The default gate, rule by rule. Run with: opa test catalogue/gate
package runproof.gate_test

import data.runproof.gate
import rego.v1

# --- what the tests are made of ----------------------------------------------------------------------------------------

print(n) := sprintf("rpf1:%064d", [n])

finding(n, change) := object.union(
	{
		"fingerprint": print(n), "severity": 3, "confidence": 1, "placed": true, "attributed": true,
		"waived": false, "count": 1, "because": "denied", "recurrence": "new",
	},
	change,
)

watched(change) := object.union(
	{
		"workload": "shop/api", "sensor": "falco", "observed": 10, "degraded": 0, "silent": 0,
		"ratio": 1, "minCoverage": 1, "sufficient": true,
	},
	change,
)

blind := watched({"observed": 7, "silent": 3, "ratio": 0.7, "sufficient": false})

gap(change) := object.union(
	{"sensor": "falco", "node": "n1", "from": "2026-03-02T00:02:00Z", "to": "2026-03-02T00:05:00Z", "minutes": 3, "why": "no heartbeat signal in time"},
	change,
)

control(change) := object.union(
	{
		"id": "no-shell", "title": "No shell", "stage": "observe", "workloads": ["shop/api"],
		"thresholds": {
			"fail": {"count": 1, "severity": 1, "severityWord": "low", "confidence": 0.8},
			"review": {"count": 1, "severity": 1, "severityWord": "low", "confidence": 0},
		},
		"findings": [], "excepted": 0, "missingHistory": false, "watched": [watched({})], "gaps": [],
		"ceilings": [], "undescribed": [],
	},
	change,
)

question(controls, change) := object.union(
	{
		"window": {"id": "w", "start": "2026-03-02T00:00:00Z", "end": "2026-03-02T00:10:00Z", "minutes": 10},
		"evaluatedAt": "2026-03-02T00:10:00Z",
		"manifest": {"name": "shop", "version": "1.0.0", "blind": "inconclusive", "unmapped": {"severity": 3, "verdict": "review"}},
		"overflow": [], "controls": controls, "unmapped": [],
	},
	change,
)

decided(controls, change) := decision if {
	decision := gate.decision with input as question(controls, change)
}

one(change) := decided([control(change)], {})

verdicts(decision) := [decision.verdict, decision.verdictBeforeWaivers, [each.verdict | some each in decision.controls]]

codes(decision) := [why.code | some why in decision.controls[0].reasons]

message(decision, code) := why.message if {
	some why in decision.controls[0].reasons
	why.code == code
}

thresholds(fail, review) := {"thresholds": {
	"fail": object.union({"count": 1, "severity": 1, "severityWord": "low", "confidence": 0.8}, fail),
	"review": object.union({"count": 1, "severity": 1, "severityWord": "low", "confidence": 0}, review),
}}

# --- pass --------------------------------------------------------------------------------------------------------------

test_clean_control_passes if {
	decision := one({})
	verdicts(decision) == ["pass", "pass", ["pass"]]
	decision.controls[0].reasons == [{
		"code": "clean", "message": "No violation of this control in shop/api, and every required sensor watched.", "rule": "runproof.gate.pass",
		"numbers": {"violations": 0, "minutes": 10}, "findings": [],
	}]
	decision.reasons == [{
		"code": "controls.pass", "message": "1 of 1 control passes: no-shell.", "rule": "runproof.gate.controls",
		"numbers": {"controls": 1, "of": 1}, "findings": [],
	}]
}

test_several_workloads_are_counted if {
	message(one({"workloads": ["a", "b"]}), "clean") == "No violation of this control in 2 workloads, and every required sensor watched."
}

test_below_the_thresholds_passes_and_says_that_something_was_seen if {
	mild := one({"findings": [finding(1, {"severity": 0})]})
	verdicts(mild) == ["pass", "pass", ["pass"]]
	message(mild, "clean") == "1 violation of this control stays below its thresholds in shop/api, and every required sensor watched."
	two := one({"findings": [finding(1, {"severity": 0}), finding(2, {"severity": 0})]})
	message(two, "clean") == "2 violations of this control stay below its thresholds in shop/api, and every required sensor watched."
}

# --- fail --------------------------------------------------------------------------------------------------------------

test_one_violation_fails if {
	decision := one({"findings": [finding(1, {})]})
	verdicts(decision) == ["fail", "fail", ["fail"]]
	decision.controls[0].reasons == [{
		"code": "violations.fail",
		"message": "1 violating behaviour of severity low or worse seen with confidence 0.8 or more; 1 or more fail the control.",
		"rule": "runproof.gate.threshold_fail",
		"numbers": {"violations": 1, "threshold": 1, "severity": "low", "confidence": 0.8},
		"findings": [print(1)],
	}]
	decision.reasons[0].message == "1 of 1 control fails: no-shell."
	count(decision.reasons) == 1
}

test_severity_at_the_threshold_counts_and_below_does_not if {
	at := object.union(thresholds({"severity": 2, "severityWord": "medium"}, {"severity": 2}), {"findings": [finding(1, {"severity": 2})]})
	verdicts(one(at)) == ["fail", "fail", ["fail"]]
	below := object.union(at, {"findings": [finding(1, {"severity": 1})]})
	verdicts(one(below)) == ["pass", "pass", ["pass"]]
}

test_confidence_at_the_threshold_fails_and_below_is_reviewed if {
	verdicts(one({"findings": [finding(1, {"confidence": 0.8})]})) == ["fail", "fail", ["fail"]]
	verdicts(one({"findings": [finding(1, {"confidence": 0.79})]})) == ["review", "review", ["review"]]
}

test_count_at_the_threshold_fails_and_below_is_reviewed if {
	three := [finding(1, {}), finding(2, {}), finding(3, {})]
	at := object.union(thresholds({"count": 3}, {}), {"findings": three})
	codes(one(at)) == ["violations.fail"]
	below := object.union(at, {"findings": array.slice(three, 0, 2)})
	codes(one(below)) == ["violations.review"]
	one(below).controls[0].reasons[0].findings == [print(1), print(2)]
}

test_fail_beats_coverage if {
	decision := one({"findings": [finding(1, {})], "watched": [blind]})
	verdicts(decision) == ["fail", "fail", ["fail"]]
	codes(decision) == ["violations.fail", "coverage"]
}

test_stage_never_softens if {
	every stage in ["observe", "alert", "enforce"] {
		verdicts(one({"findings": [finding(1, {})], "stage": stage}))[0] == "fail"
	}
}

# --- review ------------------------------------------------------------------------------------------------------------

test_doubtful_violations_are_reviewed if {
	decision := one({"findings": [finding(1, {"confidence": 0.6})]})
	verdicts(decision) == ["review", "review", ["review"]]
	message(decision, "violations.review") == "1 violating behaviour is too few, too mild or too uncertain (which workload, which target) to fail the control, and must be looked at; 1 or more ask for review."
	decision.reasons[0].message == "1 of 1 control waits for a person: no-shell."
}

test_a_failing_finding_is_not_listed_as_doubtful_as_well if {
	decision := one({"findings": [finding(1, {}), finding(2, {"confidence": 0.5})]})
	codes(decision) == ["violations.fail", "violations.review"]
	[why.findings | some why in decision.controls[0].reasons] == [[print(1)], [print(2)]]
}

test_the_review_threshold_has_its_own_count if {
	two := object.union(thresholds({}, {"count": 2}), {"findings": [finding(1, {"confidence": 0.5}), finding(2, {"confidence": 0.5})]})
	verdicts(one(two))[0] == "review"
	message(one(two), "violations.review") == "2 violating behaviours are too few, too mild or too uncertain (which workload, which target) to fail the control, and must be looked at; 2 or more ask for review."
	single := object.union(two, {"findings": [finding(1, {"confidence": 0.5})]})
	verdicts(one(single))[0] == "pass"
}

test_the_review_threshold_has_its_own_severity_and_confidence if {
	strict := thresholds({}, {"severity": 3, "confidence": 0.5})
	verdicts(one(object.union(strict, {"findings": [finding(1, {"severity": 3, "confidence": 0.5})]})))[0] == "review"
	verdicts(one(object.union(strict, {"findings": [finding(1, {"severity": 2, "confidence": 0.5})]})))[0] == "pass"
	verdicts(one(object.union(strict, {"findings": [finding(1, {"severity": 3, "confidence": 0.49})]})))[0] == "pass"
}

test_undated_violations_are_reviewed_however_sure if {
	decision := one({"findings": [finding(1, {"placed": false})]})
	verdicts(decision) == ["review", "review", ["review"]]
	codes(decision) == ["unplaced"]
	message(decision, "unplaced") == "1 violating behaviour carries no believable time, so it is not known whether it belongs to this window."
	two := one({"findings": [finding(1, {"placed": false}), finding(2, {"placed": false})]})
	startswith(message(two, "unplaced"), "2 violating behaviours carry no believable time")
}

test_review_beats_coverage if {
	decision := one({"findings": [finding(1, {"confidence": 0.5})], "watched": [blind]})
	verdicts(decision) == ["review", "review", ["review"]]
	codes(decision) == ["violations.review", "coverage"]
}

# --- inconclusive ------------------------------------------------------------------------------------------------------

test_blind_is_inconclusive_and_names_the_gap if {
	decision := one({"watched": [blind], "gaps": [gap({})]})
	verdicts(decision) == ["inconclusive", "inconclusive", ["inconclusive"]]
	decision.controls[0].reasons == [{
		"code": "coverage",
		"message": "falco watched shop/api for 7 of 10 minutes (0.7, at least 1 is required); blind: falco on n1 from 2026-03-02T00:02:00Z to 2026-03-02T00:05:00Z (3 min, no heartbeat signal in time)",
		"rule": "runproof.gate.coverage",
		"numbers": {"insufficient": 1, "silentMinutes": 3, "windowMinutes": 10},
		"findings": [],
	}]
	decision.reasons[0].message == "1 of 1 control could not be judged: no-shell."
}

test_degraded_minutes_count_as_watched if {
	row := watched({"observed": 4, "degraded": 3, "silent": 3, "sufficient": false, "ratio": 0.7})
	startswith(message(one({"watched": [row]}), "coverage"), "falco watched shop/api for 7 of 10 minutes")
}

test_a_gap_without_a_node_names_none if {
	contains(message(one({"watched": [blind], "gaps": [gap({"node": null})]}), "coverage"), "blind: falco from 2026")
}

test_gaps_of_sensors_that_suffice_are_not_named if {
	message(one({"watched": [blind, watched({"sensor": "tetragon"})], "gaps": [gap({"sensor": "tetragon"})]}), "coverage") == "falco watched shop/api for 7 of 10 minutes (0.7, at least 1 is required)"
}

test_long_lists_are_cut_and_say_so if {
	rows := [object.union(blind, {"workload": sprintf("w%d", [n]), "silent": n}) | some n in numbers.range(1, 7)]
	gaps := [gap({"minutes": n}) | some n in numbers.range(1, 6)]
	decision := one({"watched": rows, "gaps": gaps})
	words := message(decision, "coverage")
	contains(words, "falco watched w5 for")
	not contains(words, "falco watched w6 for")
	contains(words, "; and 2 more; blind: ")
	endswith(words, "; and 1 more")
	decision.controls[0].reasons[0].numbers == {"insufficient": 7, "silentMinutes": 7, "windowMinutes": 10}
}

test_five_are_named_in_full if {
	rows := [object.union(blind, {"workload": sprintf("w%d", [n])}) | some n in numbers.range(1, 5)]
	not contains(message(one({"watched": rows}), "coverage"), "more")
}

test_nobody_declared_to_watch_is_inconclusive if {
	decision := one({"watched": []})
	verdicts(decision)[0] == "inconclusive"
	message(decision, "coverage") == "Nobody was declared to watch this control."
}

test_blind_fails_where_the_manifest_says_so if {
	strict := {"manifest": {"blind": "fail"}}
	decision := decided([control({"watched": [blind]})], strict)
	verdicts(decision) == ["fail", "fail", ["fail"]]
	codes(decision) == ["coverage"]
	verdicts(decided([control({})], strict)) == ["pass", "pass", ["pass"]]
}

test_a_waiver_does_not_cover_blindness_that_fails if {
	decision := decided([control({"watched": [blind], "findings": [finding(1, {"waived": true})]})], {"manifest": {"blind": "fail"}})
	verdicts(decision) == ["fail", "fail", ["fail"]]
}

test_overflow_is_inconclusive if {
	decision := decided([control({})], {"overflow": ["overflow/behaviours", "overflow/watch"]})
	verdicts(decision) == ["inconclusive", "inconclusive", ["inconclusive"]]
	codes(decision) == ["overflow"]
	decision.controls[0].reasons[0].numbers == {"limits": 2}
	[why.code | some why in decision.reasons] == ["controls.inconclusive", "overflow"]
}

test_overflow_does_not_hide_a_failure if {
	verdicts(decided([control({"findings": [finding(1, {})]})], {"overflow": ["overflow/watch"]}))[0] == "fail"
}

test_missing_history_is_inconclusive if {
	decision := one({"missingHistory": true})
	verdicts(decision)[0] == "inconclusive"
	codes(decision) == ["history"]
}

# --- waivers -----------------------------------------------------------------------------------------------------------

test_waived_control_is_waived_and_keeps_what_was_seen if {
	decision := one({"findings": [finding(1, {"waived": true})]})
	verdicts(decision) == ["pass", "fail", ["waived"]]
	decision.controls[0].verdictBeforeWaivers == "fail"
	codes(decision) == ["violations.fail", "waived"]
	message(decision, "waived") == "1 violating behaviour is covered by a waiver in force; before waivers the verdict is fail, after them pass."
	[why.code | some why in decision.reasons] == ["controls.waived"]
}

test_a_waived_review_is_waived if {
	verdicts(one({"findings": [finding(1, {"waived": true, "confidence": 0.5})]})) == ["pass", "review", ["waived"]]
	verdicts(one({"findings": [finding(1, {"waived": true, "placed": false})]})) == ["pass", "review", ["waived"]]
}

test_what_one_person_accepted_and_two_must_says_so if {
	decision := one({"findings": [finding(1, {"awaitsSecondPerson": true}), finding(2, {"waived": true})]})
	verdicts(decision) == ["fail", "fail", ["fail"]]
	codes(decision) == ["violations.fail", "waived", "second_person"]
	startswith(message(decision, "second_person"), "1 violating behaviour is accepted by one person alone")
}

test_one_of_two_waived_still_fails if {
	decision := one({"findings": [finding(1, {"waived": true}), finding(2, {})]})
	verdicts(decision) == ["fail", "fail", ["fail"]]
	endswith(message(decision, "waived"), "before waivers the verdict is fail, after them fail.")
}

test_a_waiver_may_leave_a_review if {
	decision := one({"findings": [finding(1, {"waived": true}), finding(2, {"confidence": 0.5})]})
	verdicts(decision) == ["review", "fail", ["review"]]
}

test_waived_and_blind_is_inconclusive if {
	decision := one({"findings": [finding(1, {"waived": true})], "watched": [blind]})
	verdicts(decision) == ["inconclusive", "fail", ["inconclusive"]]
	codes(decision) == ["violations.fail", "coverage", "waived"]
}

test_a_waiver_of_what_did_not_count_changes_nothing if {
	decision := one({"findings": [finding(1, {"waived": true, "severity": 0})]})
	verdicts(decision) == ["pass", "pass", ["pass"]]
	codes(decision) == ["clean", "waived"]
}

# --- the window --------------------------------------------------------------------------------------------------------

test_a_control_without_workloads_is_not_applicable if {
	decision := decided([control({"workloads": [], "findings": [finding(1, {})]}), control({"id": "b"})], {})
	verdicts(decision) == ["pass", "pass", ["not_applicable", "pass"]]
	codes(decision) == ["not_applicable"]
	decision.reasons[0].message == "1 of 2 controls passes: b."
}

test_nothing_judged_is_inconclusive if {
	decision := one({"workloads": []})
	verdicts(decision) == ["inconclusive", "inconclusive", ["not_applicable"]]
	[why.code | some why in decision.reasons] == ["nothing_judged"]
	none := decided([], {})
	verdicts(none) == ["inconclusive", "inconclusive", []]
}

test_the_window_takes_the_worst_control if {
	failing := control({"id": "f", "findings": [finding(1, {})]})
	reviewed := control({"id": "r", "findings": [finding(1, {"confidence": 0.5})]})
	unseen := control({"id": "i", "watched": [blind]})
	waived := control({"id": "w", "findings": [finding(1, {"waived": true})]})
	clean := control({"id": "p"})
	verdicts(decided([clean, waived, unseen, reviewed, failing], {})) == ["fail", "fail", ["pass", "waived", "inconclusive", "review", "fail"]]
	verdicts(decided([clean, waived, unseen, reviewed], {})) == ["review", "fail", ["pass", "waived", "inconclusive", "review"]]
	verdicts(decided([clean, waived, unseen], {})) == ["inconclusive", "fail", ["pass", "waived", "inconclusive"]]
	verdicts(decided([clean, waived], {})) == ["pass", "fail", ["pass", "waived"]]
	verdicts(decided([clean], {})) == ["pass", "pass", ["pass"]]
}

test_the_window_names_its_controls_by_verdict if {
	some_controls := [control({"id": sprintf("c%d", [n]), "findings": [finding(1, {})]}) | some n in numbers.range(1, 7)]
	decision := decided(some_controls, {})
	[why.message | some why in decision.reasons] == ["7 of 7 controls fail: c1, c2, c3, c4, c5, and 2 more."]
	two := decided([control({"id": "a", "findings": [finding(1, {"waived": true})]}), control({"id": "b", "findings": [finding(1, {"waived": true})]})], {})
	[why.message | some why in two.reasons] == ["2 of 2 controls are waived: a, b."]
}

# --- unmapped detections -----------------------------------------------------------------------------------------------

test_unmapped_detections_ask_for_review_from_their_severity_on if {
	decision := decided([control({})], {"unmapped": [finding(1, {}), finding(2, {"severity": 2})]})
	verdicts(decision) == ["review", "review", ["pass"]]
	decision.reasons == [{
		"code": "unmapped", "message": "1 detection of severity high enough to matter is mapped by no control.", "rule": "runproof.gate.unmapped",
		"numbers": {"detections": 1, "severity": 3}, "findings": [print(1)],
	}]
	verdicts(decided([control({})], {"unmapped": [finding(2, {"severity": 2})]}))[0] == "pass"
}

test_unmapped_detections_fail_where_the_manifest_says_so if {
	strict := {"manifest": {"unmapped": {"severity": 0, "verdict": "fail"}}}
	verdicts(decided([control({})], object.union(strict, {"unmapped": [finding(1, {"severity": 0})]}))) == ["fail", "fail", ["pass"]]
	verdicts(decided([control({})], strict)) == ["pass", "pass", ["pass"]]
}

test_unmapped_detections_are_only_listed_where_the_manifest_says_so if {
	loose := {"manifest": {"unmapped": {"severity": 3, "verdict": "list"}}, "unmapped": [finding(1, {"severity": 4})]}
	decision := decided([control({})], loose)
	verdicts(decision) == ["pass", "pass", ["pass"]]
	[why.code | some why in decision.reasons] == ["controls.pass"]
}

test_unmapped_review_does_not_hide_a_failure if {
	verdicts(decided([control({"findings": [finding(1, {})]})], {"unmapped": [finding(2, {})]}))[0] == "fail"
}

# --- the ceiling -------------------------------------------------------------------------------------------------------

test_pass_names_what_the_sensors_cannot_see if {
	decision := one({"ceilings": [{"sensor": "falco", "blind": ["io_uring", "mapped writes"]}]})
	verdicts(decision) == ["pass", "pass", ["pass"]]
	codes(decision) == ["clean", "ceiling"]
	message(decision, "ceiling") == "Up to what the sensors can see at all. Out of sight for falco: io_uring; mapped writes."
}

test_no_ceiling_beside_another_verdict if {
	codes(one({"findings": [finding(1, {})], "ceilings": [{"sensor": "falco", "blind": ["io_uring"]}]})) == ["violations.fail"]
}

test_sensor_without_descriptor_never_passes if {
	decision := one({"undescribed": ["mystery"]})
	verdicts(decision) == ["inconclusive", "inconclusive", ["inconclusive"]]
	codes(decision) == ["descriptor"]
}
