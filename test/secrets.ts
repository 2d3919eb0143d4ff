/** Secrets of many kinds as people and programs write them, none of them real; each with the part that must reach no output. */
export type Seeded = { readonly kind: string; readonly text: string; readonly secret: string }

/** Letters and digits that look like a secret's, different for each name, the same on every run. */
function letters(name: string, length: number, alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'): string {
  let state = 2_166_136_261
  let text = ''
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += alphabet[Math.floor((state / 2 ** 32) * alphabet.length)] ?? ''
  }
  return text
}

const digits = '0123456789'
const hex = '0123456789abcdef'
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

// Written in pieces, so that nobody's scanner takes this file for a leak.
const kinds: readonly (readonly [kind: string, text: (word: string) => string, word?: string])[] = [
  ['long flag', (s) => `app --password ${s} --port 80`],
  ['flag with equals sign', (s) => `app --db-password=${s}`],
  ['quoted flag', (s) => `app --client-secret "${s}" -v`],
  ['short flag of one program', (s) => `mysql -uroot -p${s} shop`],
  ['flag of sshpass', (s) => `sshpass -p ${s} ssh host`],
  ['user and password of curl', (s) => `curl -u admin:${s} https://x.test/`],
  ['flag of a login', (s) => `docker login -u robot -p ${s} registry.test`],
  ['flag of redis-cli', (s) => `redis-cli -h cache -a ${s} ping`],
  ['flag of ldapsearch', (s) => `ldapsearch -x -D cn=admin -w ${s} -b dc=x`],
  ['flag of mongosh', (s) => `mongosh --host db -u root -p ${s}`],
  ['user of smbclient', (s) => `smbclient //files/share -U robot%${s}`],
  ['literal of a Kubernetes secret', (s) => `kubectl create secret generic db --from-literal=value=${s}`],
  ['pass phrase of openssl', (s) => `openssl rsa -passin pass:${s} -in key.pem`],
  ['flag of wget', (s) => `wget --http-password=${s} https://x.test/`],
  ['environment', (s) => `DB_PASSWORD=${s} ./start`],
  ['quoted environment', (s) => `env API_TOKEN='${s}' ./start`],
  ['secret access key', (s) => `AWS_SECRET_ACCESS_KEY=${s} aws s3 ls`],
  ['connection string', (s) => `Server=db;User Id=sa;Password=${s};Encrypt=true`],
  ['account key', (s) => `AccountName=shop;AccountKey=${s}==;EndpointSuffix=x.test`],
  ['JSON', (s) => `{"user":"a","password":"${s}"}`],
  ['escaped JSON', (s) => `-d {\\"api_key\\": \\"${s}\\"}`],
  ['YAML', (s) => `password: ${s}`],
  ['bearer header', (s) => `curl -H "Authorization: Bearer ${s}" https://x.test/`],
  ['basic header', (s) => `curl -H "Authorization: Basic ${s}" https://x.test/`],
  ['key header', (s) => `curl -H "X-Api-Key: ${s}" https://x.test/`],
  ['cookie header', (s) => `curl -H "Cookie: session=${s}" https://x.test/`],
  ['cookie answer', (s) => `Set-Cookie: sid=${s}; Path=/`],
  ['URL with user', (s) => `git clone https://robot:${s}@git.test/x.git`],
  ['URL without user name', (s) => `redis://:${s}@cache:6379/0`],
  ['URL of a database', (s) => `mongodb+srv://app:${s}@db.test/shop`],
  ['URL query', (s) => `wget https://x.test/?token=${s}&page=2`],
  ['signed URL', (s) => `wget https://x.test/o?X-Amz-Signature=${s}&page=2`, letters('presigned', 64, hex)],
  ['shared access signature', (s) => `azcopy cp https://x.test/c?sv=2024&sig=${s}`],
  ['AWS key id', (s) => `aws configure set k ${s}`, `AKIA${letters('aws', 16, upper)}`],
  ['AWS session key id', (s) => `use ${s} now`, `ASIA${letters('sts', 16, upper)}`],
  ['GitHub token', (s) => `git push ${s}`, `ghp_${letters('github', 36)}`],
  ['GitHub fine-grained token', (s) => `git push ${s}`, `github_pat_${letters('fine', 60)}`],
  ['GitLab token', (s) => `git push ${s}`, `glpat-${letters('gitlab', 20)}`],
  ['Slack token', (s) => `notify ${s}`, ['xoxb', letters('slack', 12, digits), letters('slackb', 24)].join('-')],
  ['Slack webhook', (s) => `curl https://hooks.slack.com/services/T0AB/B0CD/${s}`],
  ['Discord webhook', (s) => `curl https://discord.com/api/webhooks/1122334455/${s}`],
  ['Telegram bot', (s) => `curl https://api.telegram.org/bot123456789:${s}/getMe`, `AA${letters('telegram', 33)}`],
  ['Stripe key', (s) => `charge ${s}`, ['sk', 'live', letters('stripe', 24)].join('_')],
  ['Stripe webhook secret', (s) => `listen ${s}`, `whsec_${letters('whsec', 32)}`],
  ['npm token', (s) => `npm publish ${s}`, `npm_${letters('npm', 36)}`],
  ['PyPI token', (s) => `twine upload ${s}`, `pypi-AgEIcHlwaS5vcmc${letters('pypi', 60)}`],
  ['Docker token', (s) => `push ${s}`, `dckr_pat_${letters('dckr', 27)}`],
  ['SendGrid key', (s) => `send ${s}`, `SG.${letters('sg', 22)}.${letters('sgb', 43)}`],
  ['Twilio key', (s) => `call ${s}`, `SK${letters('twilio', 32, hex)}`],
  ['Google API key', (s) => `map ${s}`, `AIza${letters('google', 35)}`],
  ['Google OAuth token', (s) => `map ${s}`, `ya29.${letters('oauth', 60)}`],
  ['Google client secret', (s) => `oauth ${s}`, `GOCSPX-${letters('gocspx', 28)}`],
  ['Vault token', (s) => `vault login ${s}`, `hvs.${letters('vault', 30)}`],
  ['DigitalOcean token', (s) => `doctl ${s}`, `dop_v1_${letters('do', 64, hex)}`],
  ['key of a web API', (s) => `ask ${s}`, `sk-${letters('api', 48)}`],
  ['age key', (s) => `age -i ${s}`, `AGE-SECRET-KEY-1${letters('age', 58, upper)}`],
  ['JSON web token', (s) => `echo ${s}`, `eyJhbGciOiJIUzI1NiJ9.${letters('jwt', 40)}.${letters('jwtb', 43)}`],
  ['private key', (s) => `echo -----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY----- > k`, letters('pem', 64)],
  ['private key, cut', (s) => `echo -----BEGIN OPENSSH PRIVATE KEY-----\n${s}`, letters('pemcut', 64)],
  ['e-mail address', (s) => `mail ${s} now`, `${letters('mail', 10, hex)}@people.example`],
]

export const seeded: readonly Seeded[] = kinds.map(([kind, text, word = `Zq7${letters(kind, 21)}`]) => ({
  kind,
  text: text(word),
  secret: word,
}))
