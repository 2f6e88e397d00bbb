import type { Tool } from '../tool.ts'
import { approvalAnswer } from './approval-answer.ts'
import { approvalList } from './approval-list.ts'
import { cacheClear } from './cache-clear.ts'
import { cacheRead } from './cache-read.ts'
import { eventList } from './event-list.ts'
import { keyCreate } from './key-create.ts'
import { keyList } from './key-list.ts'
import { keyRevoke } from './key-revoke.ts'
import { keyRotate } from './key-rotate.ts'
import { sessionDelete } from './session-delete.ts'
import { sessionFork } from './session-fork.ts'
import { sessionList } from './session-list.ts'
import { sessionReset } from './session-reset.ts'
import { systemStatus } from './system-status.ts'
import { teamList } from './team-list.ts'
import { teamSleep } from './team-sleep.ts'
import { teamStatus } from './team-status.ts'
import { teamTell } from './team-tell.ts'
import { teamWakeAll } from './team-wake-all.ts'
import { teamWake } from './team-wake.ts'
import { tellCancel } from './tell-cancel.ts'
import { tellGet } from './tell-get.ts'
import { tellList } from './tell-list.ts'
import { webhookCreate } from './webhook-create.ts'
import { webhookDelete } from './webhook-delete.ts'
import { webhookDeliveries } from './webhook-deliveries.ts'
import { webhookList } from './webhook-list.ts'
import { webhookReplay } from './webhook-replay.ts'
import { webhookRotate } from './webhook-rotate.ts'
import { webhookTest } from './webhook-test.ts'

/** The whole product. Each tool is on every transport by being here. */
export const tools: readonly Tool[] = [
  teamTell, teamWake, teamWakeAll, teamSleep, teamStatus, teamList,
  systemStatus,
  sessionList, sessionFork, sessionReset, sessionDelete,
  cacheRead, cacheClear,
  tellGet, tellList, tellCancel,
  eventList,
  approvalList, approvalAnswer,
  webhookCreate, webhookList, webhookRotate, webhookTest, webhookDeliveries, webhookReplay, webhookDelete,
  keyCreate, keyList, keyRotate, keyRevoke
]
