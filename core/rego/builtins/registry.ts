import * as aggregates from './aggregates.ts'
import * as arrays from './arrays.ts'
import * as aws from './aws.ts'
import type { Builtin, BuiltinFunction } from './builtin.ts'
import * as certificates from './certificates.ts'
import * as cidrLists from './cidr-lists.ts'
import * as comparison from './comparison.ts'
import * as digests from './digests.ts'
import * as encoding from './encoding.ts'
import * as formats from './formats.ts'
import * as globs from './globs.ts'
import * as graphs from './graphs.ts'
import * as jsonPatch from './json-patch.ts'
import * as jsonPaths from './json-paths.ts'
import * as jsonSchemas from './json-schemas.ts'
import * as networks from './networks.ts'
import * as numbers from './numbers.ts'
import * as objects from './objects.ts'
import * as regexes from './regexes.ts'
import * as sets from './sets.ts'
import * as strings from './strings.ts'
import * as times from './times.ts'
import * as tokenSign from './token-sign.ts'
import * as tokenVerify from './token-verify.ts'
import * as tokens from './tokens.ts'
import * as types from './types.ts'
import * as units from './units.ts'
import * as uuids from './uuids.ts'
import * as versions from './versions.ts'
import * as yamls from './yamls.ts'

/**
 * One line per built-in: OPA's name, the number of operands, what it does. What reads a clock, the network or chance is not here
 * (`io.jwt.decode_verify` without a time, and signatures that hold a random number, are refused when they are asked for), nor
 * is `regex.globs_match`: OPA 1.22 denies that `.*b*` and `1+` share a text, and neither that nor another answer may be given.
 */
const table: readonly (readonly [name: string, arity: number, apply: BuiltinFunction])[] = [
  ['equal', 2, comparison.equal],
  ['neq', 2, comparison.neq],
  ['lt', 2, comparison.lt],
  ['lte', 2, comparison.lte],
  ['gt', 2, comparison.gt],
  ['gte', 2, comparison.gte],

  ['plus', 2, numbers.plus],
  ['minus', 2, numbers.minus],
  ['mul', 2, numbers.mul],
  ['div', 2, numbers.div],
  ['rem', 2, numbers.rem],
  ['abs', 1, numbers.abs],
  ['ceil', 1, numbers.ceil],
  ['floor', 1, numbers.floor],
  ['round', 1, numbers.round],
  ['numbers.range', 2, numbers.range],
  ['numbers.range_step', 3, numbers.rangeStep],
  ['bits.and', 2, numbers.bitsAnd],
  ['bits.or', 2, numbers.bitsOr],
  ['bits.xor', 2, numbers.bitsXor],
  ['bits.negate', 1, numbers.bitsNegate],
  ['bits.lsh', 2, numbers.bitsLeft],
  ['bits.rsh', 2, numbers.bitsRight],

  ['count', 1, aggregates.count],
  ['sum', 1, aggregates.sum],
  ['product', 1, aggregates.product],
  ['max', 1, aggregates.max],
  ['min', 1, aggregates.min],
  ['sort', 1, aggregates.sort],
  ['all', 1, aggregates.all],
  ['any', 1, aggregates.some],
  ['internal.member_2', 2, aggregates.member],
  ['internal.member_3', 3, aggregates.memberWithKey],

  ['array.concat', 2, arrays.concat],
  ['array.flatten', 1, arrays.flatten],
  ['array.reverse', 1, arrays.reverse],
  ['array.slice', 3, arrays.slice],

  ['and', 2, sets.and],
  ['or', 2, sets.or],
  ['set_diff', 2, sets.difference],
  ['intersection', 1, sets.intersection],
  ['union', 1, sets.union],

  ['object.filter', 2, objects.filter],
  ['object.get', 3, objects.get],
  ['object.keys', 1, objects.keys],
  ['object.remove', 2, objects.remove],
  ['object.subset', 2, objects.subset],
  ['object.union', 2, objects.union],
  ['object.union_n', 1, objects.unionN],
  ['json.filter', 2, jsonPaths.filter],
  ['json.remove', 2, jsonPaths.remove],
  ['json.patch', 2, jsonPatch.patch],

  ['concat', 2, strings.concat],
  ['contains', 2, strings.contains],
  ['endswith', 2, strings.endsWith],
  ['format_int', 2, strings.formatInt],
  ['indexof', 2, strings.indexOf],
  ['indexof_n', 2, strings.indexOfN],
  ['internal.template_string', 1, strings.template],
  ['lower', 1, strings.lower],
  ['replace', 3, strings.replace],
  ['split', 2, strings.split],
  ['strings.split_n', 3, strings.splitN],
  ['sprintf', 2, formats.sprintf],
  ['startswith', 2, strings.startsWith],
  ['strings.any_prefix_match', 2, strings.anyPrefix],
  ['strings.any_suffix_match', 2, strings.anySuffix],
  ['strings.count', 2, strings.count],
  ['strings.replace_n', 2, strings.replaceN],
  ['strings.reverse', 1, strings.reverse],
  ['substring', 3, strings.substring],
  ['trim', 2, strings.trim],
  ['trim_left', 2, strings.trimLeft],
  ['trim_prefix', 2, strings.trimPrefix],
  ['trim_right', 2, strings.trimRight],
  ['trim_space', 1, strings.trimSpace],
  ['trim_suffix', 2, strings.trimSuffix],
  ['upper', 1, strings.upper],

  ['glob.match', 3, globs.match],
  ['glob.quote_meta', 1, globs.quoteMeta],

  ['re_match', 2, regexes.match],
  ['regex.find_all_string_submatch_n', 3, regexes.findSubmatches],
  ['regex.find_n', 3, regexes.find],
  ['regex.is_valid', 1, regexes.isValid],
  ['regex.match', 2, regexes.match],
  ['regex.replace', 3, regexes.replace],
  ['regex.split', 2, regexes.split],
  ['regex.template_match', 4, regexes.templateMatch],

  ['base64.decode', 1, encoding.base64Decode],
  ['base64.encode', 1, encoding.base64Encode],
  ['base64.is_valid', 1, encoding.base64IsValid],
  ['base64url.decode', 1, encoding.base64UrlDecode],
  ['base64url.encode', 1, encoding.base64UrlEncode],
  ['base64url.encode_no_pad', 1, encoding.base64UrlEncodeNoPad],
  ['crypto.sha256', 1, encoding.sha256],
  ['crypto.hmac.equal', 2, digests.hmacEqual],
  ['crypto.hmac.md5', 2, digests.hmacMd5],
  ['crypto.hmac.sha1', 2, digests.hmacSha1],
  ['crypto.hmac.sha256', 2, digests.hmacSha256],
  ['crypto.hmac.sha512', 2, digests.hmacSha512],
  ['crypto.md5', 1, digests.md5Hex],
  ['crypto.sha1', 1, digests.sha1Hex],
  ['crypto.x509.parse_certificates', 1, certificates.parse],
  ['hex.decode', 1, encoding.hexDecode],
  ['hex.encode', 1, encoding.hexEncode],
  ['io.jwt.decode', 1, tokens.decode],
  ['io.jwt.decode_verify', 2, tokenVerify.decodeVerify],
  ['io.jwt.encode_sign', 3, tokenSign.encodeSign],
  ['io.jwt.encode_sign_raw', 3, tokenSign.encodeSignRaw],
  ['io.jwt.verify_eddsa', 2, tokens.verifyEdDsa],
  ['io.jwt.verify_es256', 2, tokens.verifyEs256],
  ['io.jwt.verify_es384', 2, tokens.verifyEs384],
  ['io.jwt.verify_es512', 2, tokens.verifyEs512],
  ['io.jwt.verify_rs256', 2, tokens.verifyRs256],
  ['io.jwt.verify_rs384', 2, tokens.verifyRs384],
  ['io.jwt.verify_rs512', 2, tokens.verifyRs512],
  ['io.jwt.verify_ps256', 2, tokens.verifyPs256],
  ['io.jwt.verify_ps384', 2, tokens.verifyPs384],
  ['io.jwt.verify_ps512', 2, tokens.verifyPs512],
  ['io.jwt.verify_hs256', 2, tokens.verifyHs256],
  ['io.jwt.verify_hs384', 2, tokens.verifyHs384],
  ['io.jwt.verify_hs512', 2, tokens.verifyHs512],
  ['json.is_valid', 1, encoding.jsonIsValid],
  ['json.marshal', 1, encoding.jsonMarshal],
  ['json.marshal_with_options', 2, encoding.jsonMarshalWith],
  ['json.match_schema', 2, jsonSchemas.matchSchema],
  ['json.unmarshal', 1, encoding.jsonUnmarshal],
  ['json.verify_schema', 1, jsonSchemas.verifySchema],
  ['urlquery.decode', 1, encoding.urlDecode],
  ['urlquery.decode_object', 1, encoding.urlDecodeObject],
  ['urlquery.encode', 1, encoding.urlEncode],
  ['urlquery.encode_object', 1, encoding.urlEncodeObject],
  ['uuid.parse', 1, uuids.parse],
  ['yaml.is_valid', 1, yamls.isValid],
  ['yaml.marshal', 1, yamls.marshal],
  ['yaml.unmarshal', 1, yamls.unmarshal],

  ['cast_array', 1, types.castArray],
  ['cast_boolean', 1, types.castBoolean],
  ['cast_null', 1, types.castNull],
  ['cast_object', 1, types.castObject],
  ['cast_set', 1, types.castSet],
  ['cast_string', 1, types.castString],
  ['is_array', 1, types.isArray],
  ['is_boolean', 1, types.isBoolean],
  ['is_null', 1, types.isNull],
  ['is_number', 1, types.isNumber],
  ['is_object', 1, types.isObject],
  ['is_set', 1, types.isSet],
  ['is_string', 1, types.isString],
  ['to_number', 1, types.toNumber],
  ['type_name', 1, types.typeName],

  ['time.add_date', 4, times.addDate],
  ['time.clock', 1, times.clock],
  ['time.date', 1, times.date],
  ['time.diff', 2, times.diff],
  ['time.format', 1, times.format],
  ['time.parse_duration_ns', 1, times.parseDurationNs],
  ['time.parse_ns', 2, times.parse],
  ['time.parse_rfc3339_ns', 1, times.parseRfc3339],
  ['time.weekday', 1, times.weekday],

  ['net.cidr_contains', 2, networks.contains],
  ['net.cidr_contains_matches', 2, networks.containsMatches],
  ['net.cidr_expand', 1, cidrLists.expand],
  ['net.cidr_intersects', 2, networks.intersects],
  ['net.cidr_is_valid', 1, networks.isValid],
  ['net.cidr_merge', 1, cidrLists.merge],
  ['net.cidr_overlap', 2, networks.contains],
  ['semver.compare', 2, versions.compare],
  ['semver.is_valid', 1, versions.isValid],
  ['units.parse', 1, units.parse],
  ['units.parse_bytes', 1, units.parseBytes],

  ['providers.aws.sign_req', 3, aws.signRequest],

  ['graph.reachable', 2, graphs.reachable],
  ['graph.reachable_paths', 2, graphs.reachablePaths],
  ['walk', 1, graphs.walk],
]

/** `print` is called for its effect, has none here, and never stops a rule. */
const silent: readonly (readonly [string, Builtin])[] = [['internal.print', { arity: 1, apply: types.print, isSilent: true }]]

export const builtins: ReadonlyMap<string, Builtin> = new Map([
  ...table.map(([name, arity, apply]): readonly [string, Builtin] => [name, { arity, apply }]),
  ...silent,
])
