// Has Iris write to a Slack channel when tells end, and when an agent asks for permission. Run it once; a second time changes nothing.
//
// In Slack: create an app, switch on "Incoming Webhooks", add one to the channel. Then, with Node 20 or newer:
//   IRIS_URL=http://127.0.0.1:1615 IRIS_KEY=$(cat .iris/admin.key) \
//   SLACK_WEBHOOK=https://hooks.slack.com/services/… node slack.mjs [team]
//
// The webhook lasts as long as the key that made it: use one that stays, with the permission admin
// (npx iris key create slack --permission admin; with --team it is held to one team). Discord: format 'discord'.

const { IRIS_URL = 'http://127.0.0.1:1615', IRIS_KEY, SLACK_WEBHOOK } = process.env
const [team = '*'] = process.argv.slice(2)

async function iris (method, path, body) {
  const response = await fetch(`${IRIS_URL}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${IRIS_KEY}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body)
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.error}: ${answer.message}`)
  return answer
}

const { webhooks } = await iris('GET', '/webhooks?limit=200')
let webhook = webhooks.find(one => one.url === SLACK_WEBHOOK && one.team === team)
webhook ??= await iris('POST', '/webhooks', {
  url: SLACK_WEBHOOK,
  format: 'slack',
  team,
  events: ['tell:complete', 'tell:error', 'approval:requested', 'process:error']
})

// One message now, whatever happens.
const { delivered, status, error } = await iris('POST', `/webhooks/${webhook.webhookId}/test`)
console.log(`Webhook ${webhook.webhookId}: ${delivered ? 'Slack has taken a message' : `Slack has taken nothing: ${error ?? status}`}`)
process.exitCode = delivered ? 0 : 1
