/** What the kinds that come with obsv say of their settings, for the catalogue; those of other plugins are shown as they are. */

import { t, words } from '../../lib/i18n'

const SAID: ReadonlySet<string> = new Set([
  words("The server's log"), words('Email'), words('SMS (Twilio)'),
  words('Prefix'), words('Begins each line.'),
  words('Webhook URL'), words('Begins with https://discord.com/api/webhooks/.'), words('Name'), words('Who the message is from.'),
  words('Addresses'), words('Each gets a mail.'), words('Owners of the organisation'), words('Whoever they are when the mail is sent.'),
  words('Server'), words('Such as https://gotify.example.org.'), words('Application token'), words('Begins with A.'),
  words('Homeserver'), words('Such as https://matrix.example.org.'), words('Access token'), words('Of a user that is in the room.'),
  words('Room'), words('Its internal id, such as !abc:example.org.'),
  words('Such as https://chat.example.org/hooks/….'), words('Channel'), words("Another than the webhook's, or @somebody."), words('Where the server allows one.'),
  words('Topic'), words('Where the topic is protected; begins with tk_.'),
  words('Integration key'), words('Of an Events API v2 integration.'), words('Address of the API'), words('https://events.eu.pagerduty.com in Europe.'),
  words('Of an application that you registered.'), words('User or group key'), words('Device'), words('Empty: all of them.'),
  words('Emergency for critical alerts'), words('Repeated each minute until acknowledged.'),
  words('Begins with https://hooks.slack.com/services/.'), words('Workflow URL'), words('Of the workflow "Send webhook alerts to a channel".'),
  words('Bot token'), words('From @BotFather.'), words('Chat'), words('A number, negative for groups, or the @name of a public channel.'),
  words('Of a group with topics; 0 for none.'), words('Without a sound'),
  words('Account SID'), words('Auth token'), words('From'), words('A number such as +15551234567, a name, or a messaging service (MG…).'),
  words('Such as +15557654321.'), words('Short'), words('The subject and a link alone, in as few messages as possible.'),
  words('Address'), words('Gets a POST for each notification.'), words('Signing secret'), words('Signs each request (HMAC-SHA256). Empty: no signature.'),
  words('Authorization header'), words('Such as "Bearer …". Empty: none.'), words('Method'), words('Content type of a template'),
  words('Where the channel has a text template, that is the body, of this type.'), words('Apprise URL'), words('Such as json://host/path or signal://….'),
])

/** One that means something else where times are told. */
const OTHERWISE: Readonly<Record<string, string>> = { To: words('Recipient') }

/** A text of a schema, told. */
export function schemaWords(text: string): string {
  const said = OTHERWISE[text] ?? text
  return SAID.has(said) || said !== text ? t(said) : text
}
