# Made from openapi.json by `npm run sdks`. Do not edit.
from __future__ import annotations

from typing import Any, Dict, List, Literal, NamedTuple, Optional, TypedDict


class Route(NamedTuple):
    """How a tool is asked for over HTTP."""

    method: str
    path: str
    keyed: bool


_TeamTellOutputUsage = TypedDict("_TeamTellOutputUsage", {
    "inputTokens": "int",
    "outputTokens": "int",
    "cacheReadTokens": "int",
    "cacheWriteTokens": "int",
})


class TeamTellOutputUsage(_TeamTellOutputUsage, total=False):
    costUsd: float
    turns: int


_TeamTellOutput = TypedDict("_TeamTellOutput", {
    "tellId": "str",
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "message": "str",
    "state": "Literal['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'lost']",
    "duration": "int",
    "async": "bool",
    "timestamp": "int",
})


class TeamTellOutput(_TeamTellOutput, total=False):
    response: str
    structured: Any
    usage: TeamTellOutputUsage
    next: str


_TeamWakeOutput = TypedDict("_TeamWakeOutput", {
    "team": "str",
    "status": "Literal['awake']",
    "sessionId": "str",
    "duration": "int",
    "timestamp": "int",
})


class TeamWakeOutput(_TeamWakeOutput, total=False):
    pid: int


_TeamWakeAllOutputResultsError = TypedDict("_TeamWakeAllOutputResultsError", {
    "error": "str",
    "message": "str",
    "statusCode": "int",
    "timestamp": "int",
})


class TeamWakeAllOutputResultsError(_TeamWakeAllOutputResultsError, total=False):
    details: Dict[str, Any]


_TeamWakeAllOutputResults = TypedDict("_TeamWakeAllOutputResults", {
    "team": "str",
    "status": "Literal['awake', 'failed']",
})


class TeamWakeAllOutputResults(_TeamWakeAllOutputResults, total=False):
    sessionId: str
    pid: int
    duration: int
    error: TeamWakeAllOutputResultsError


TeamWakeAllOutput = TypedDict("TeamWakeAllOutput", {
    "results": "List[TeamWakeAllOutputResults]",
    "totalTeams": "int",
    "awakeTeams": "int",
    "failedTeams": "int",
    "duration": "int",
    "timestamp": "int",
})


TeamSleepOutput = TypedDict("TeamSleepOutput", {
    "team": "str",
    "status": "Literal['asleep']",
    "duration": "int",
    "timestamp": "int",
})


TeamStatusOutputPlace = TypedDict("TeamStatusOutputPlace", {
    "where": "str",
    "state": "Literal['online', 'offline', 'error']",
    "since": "int",
    "reason": "str",
})


_TeamStatusOutputSessions = TypedDict("_TeamStatusOutputSessions", {
    "sessionId": "str",
    "from": "str",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "since": "int",
    "reason": "str",
})


class TeamStatusOutputSessions(_TeamStatusOutputSessions, total=False):
    limitedUntil: int
    pid: int


_TeamStatusOutput = TypedDict("_TeamStatusOutput", {
    "team": "str",
    "awake": "bool",
    "available": "bool",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "since": "int",
    "reason": "str",
    "sessions": "List[TeamStatusOutputSessions]",
    "timestamp": "int",
})


class TeamStatusOutput(_TeamStatusOutput, total=False):
    place: TeamStatusOutputPlace
    limitedUntil: int


TeamListOutputTeamsConfig = TypedDict("TeamListOutputTeamsConfig", {
    "path": "str",
    "description": "str",
    "agent": "str",
    "permissions": "str",
})


_TeamListOutputTeamsProcessSessions = TypedDict("_TeamListOutputTeamsProcessSessions", {
    "sessionId": "str",
    "from": "str",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "since": "int",
    "reason": "str",
})


class TeamListOutputTeamsProcessSessions(_TeamListOutputTeamsProcessSessions, total=False):
    limitedUntil: int
    pid: int


TeamListOutputTeamsProcess = TypedDict("TeamListOutputTeamsProcess", {
    "count": "int",
    "messageCount": "int",
    "sessions": "List[TeamListOutputTeamsProcessSessions]",
})


_TeamListOutputTeams = TypedDict("_TeamListOutputTeams", {
    "name": "str",
    "status": "Literal['awake', 'asleep']",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "config": "TeamListOutputTeamsConfig",
})


class TeamListOutputTeams(_TeamListOutputTeams, total=False):
    unavailable: str
    limitedUntil: int
    process: TeamListOutputTeamsProcess


TeamListOutput = TypedDict("TeamListOutput", {
    "teams": "List[TeamListOutputTeams]",
    "totalTeams": "int",
    "awakeTeams": "int",
    "asleepTeams": "int",
    "timestamp": "int",
})


SystemStatusOutputSessions = TypedDict("SystemStatusOutputSessions", {
    "total": "int",
    "active": "int",
})


SystemStatusOutputProcesses = TypedDict("SystemStatusOutputProcesses", {
    "total": "int",
    "maxProcesses": "int",
})


SystemStatusOutputTells = TypedDict("SystemStatusOutputTells", {
    "running": "int",
    "queued": "int",
})


SystemStatusOutput = TypedDict("SystemStatusOutput", {
    "sessions": "SystemStatusOutputSessions",
    "processes": "SystemStatusOutputProcesses",
    "tells": "SystemStatusOutputTells",
    "uptime": "int",
    "version": "str",
    "timestamp": "int",
})


SessionListOutputSessionsWorktree = TypedDict("SessionListOutputSessionsWorktree", {
    "path": "str",
    "branch": "str",
})


_SessionListOutputSessions = TypedDict("_SessionListOutputSessions", {
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "since": "int",
    "reason": "str",
    "current": "bool",
    "queued": "int",
    "createdAt": "int",
    "lastUsedAt": "int",
})


class SessionListOutputSessions(_SessionListOutputSessions, total=False):
    limitedUntil: int
    pid: int
    agentVersion: str
    forkedFrom: str
    worktree: SessionListOutputSessionsWorktree


_SessionListOutput = TypedDict("_SessionListOutput", {
    "sessions": "List[SessionListOutputSessions]",
    "timestamp": "int",
})


class SessionListOutput(_SessionListOutput, total=False):
    next: int


SessionForkOutputSessionWorktree = TypedDict("SessionForkOutputSessionWorktree", {
    "path": "str",
    "branch": "str",
})


_SessionForkOutputSession = TypedDict("_SessionForkOutputSession", {
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "state": "Literal['asleep', 'waking', 'idle', 'busy', 'waiting']",
    "since": "int",
    "reason": "str",
    "current": "bool",
    "queued": "int",
    "createdAt": "int",
    "lastUsedAt": "int",
})


class SessionForkOutputSession(_SessionForkOutputSession, total=False):
    limitedUntil: int
    pid: int
    agentVersion: str
    forkedFrom: str
    worktree: SessionForkOutputSessionWorktree


SessionForkOutput = TypedDict("SessionForkOutput", {
    "session": "SessionForkOutputSession",
    "timestamp": "int",
})


SessionResetOutput = TypedDict("SessionResetOutput", {
    "sessionId": "str",
    "previousSessionId": "str",
    "timestamp": "int",
})


SessionDeleteOutputWorktree = TypedDict("SessionDeleteOutputWorktree", {
    "path": "str",
    "branch": "str",
})


_SessionDeleteOutput = TypedDict("_SessionDeleteOutput", {
    "sessionId": "str",
    "deleted": "bool",
    "timestamp": "int",
})


class SessionDeleteOutput(_SessionDeleteOutput, total=False):
    worktree: SessionDeleteOutputWorktree


_CacheReadOutputEntries = TypedDict("_CacheReadOutputEntries", {
    "seq": "int",
    "timestamp": "int",
    "type": "Literal['user', 'assistant', 'tool', 'permission', 'system', 'result']",
    "data": "Any",
})


class CacheReadOutputEntries(_CacheReadOutputEntries, total=False):
    tellId: str
    parent: str


_CacheReadOutputStats = TypedDict("_CacheReadOutputStats", {
    "entries": "int",
})


class CacheReadOutputStats(_CacheReadOutputStats, total=False):
    firstAt: int
    lastAt: int


_CacheReadOutput = TypedDict("_CacheReadOutput", {
    "sessionId": "str",
    "entries": "List[CacheReadOutputEntries]",
    "stats": "CacheReadOutputStats",
    "timestamp": "int",
})


class CacheReadOutput(_CacheReadOutput, total=False):
    next: int


CacheClearOutput = TypedDict("CacheClearOutput", {
    "sessionId": "str",
    "cleared": "int",
    "timestamp": "int",
})


TellGetOutputAttachments = TypedDict("TellGetOutputAttachments", {
    "name": "str",
    "mediaType": "str",
    "bytes": "int",
    "sha256": "str",
})


_TellGetOutputError = TypedDict("_TellGetOutputError", {
    "error": "str",
    "message": "str",
    "statusCode": "int",
    "timestamp": "int",
})


class TellGetOutputError(_TellGetOutputError, total=False):
    details: Dict[str, Any]


_TellGetOutputUsage = TypedDict("_TellGetOutputUsage", {
    "inputTokens": "int",
    "outputTokens": "int",
    "cacheReadTokens": "int",
    "cacheWriteTokens": "int",
})


class TellGetOutputUsage(_TellGetOutputUsage, total=False):
    costUsd: float
    turns: int


_TellGetOutput = TypedDict("_TellGetOutput", {
    "tellId": "str",
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "state": "Literal['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'lost']",
    "message": "str",
    "response": "str",
    "depth": "int",
    "createdAt": "int",
    "timestamp": "int",
})


class TellGetOutput(_TellGetOutput, total=False):
    structured: Any
    attachments: List[TellGetOutputAttachments]
    error: TellGetOutputError
    usage: TellGetOutputUsage
    parentId: str
    startedAt: int
    endedAt: int
    duration: int


TellListOutputTellsAttachments = TypedDict("TellListOutputTellsAttachments", {
    "name": "str",
    "mediaType": "str",
    "bytes": "int",
    "sha256": "str",
})


_TellListOutputTellsError = TypedDict("_TellListOutputTellsError", {
    "error": "str",
    "message": "str",
    "statusCode": "int",
    "timestamp": "int",
})


class TellListOutputTellsError(_TellListOutputTellsError, total=False):
    details: Dict[str, Any]


_TellListOutputTellsUsage = TypedDict("_TellListOutputTellsUsage", {
    "inputTokens": "int",
    "outputTokens": "int",
    "cacheReadTokens": "int",
    "cacheWriteTokens": "int",
})


class TellListOutputTellsUsage(_TellListOutputTellsUsage, total=False):
    costUsd: float
    turns: int


_TellListOutputTells = TypedDict("_TellListOutputTells", {
    "tellId": "str",
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "state": "Literal['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'lost']",
    "message": "str",
    "response": "str",
    "depth": "int",
    "createdAt": "int",
})


class TellListOutputTells(_TellListOutputTells, total=False):
    structured: Any
    attachments: List[TellListOutputTellsAttachments]
    error: TellListOutputTellsError
    usage: TellListOutputTellsUsage
    parentId: str
    startedAt: int
    endedAt: int
    duration: int


_TellListOutput = TypedDict("_TellListOutput", {
    "tells": "List[TellListOutputTells]",
    "timestamp": "int",
})


class TellListOutput(_TellListOutput, total=False):
    next: int


TellCancelOutputAttachments = TypedDict("TellCancelOutputAttachments", {
    "name": "str",
    "mediaType": "str",
    "bytes": "int",
    "sha256": "str",
})


_TellCancelOutputError = TypedDict("_TellCancelOutputError", {
    "error": "str",
    "message": "str",
    "statusCode": "int",
    "timestamp": "int",
})


class TellCancelOutputError(_TellCancelOutputError, total=False):
    details: Dict[str, Any]


_TellCancelOutputUsage = TypedDict("_TellCancelOutputUsage", {
    "inputTokens": "int",
    "outputTokens": "int",
    "cacheReadTokens": "int",
    "cacheWriteTokens": "int",
})


class TellCancelOutputUsage(_TellCancelOutputUsage, total=False):
    costUsd: float
    turns: int


_TellCancelOutput = TypedDict("_TellCancelOutput", {
    "tellId": "str",
    "sessionId": "str",
    "from": "str",
    "to": "str",
    "state": "Literal['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'lost']",
    "message": "str",
    "response": "str",
    "depth": "int",
    "createdAt": "int",
    "cancelled": "bool",
    "timestamp": "int",
})


class TellCancelOutput(_TellCancelOutput, total=False):
    structured: Any
    attachments: List[TellCancelOutputAttachments]
    error: TellCancelOutputError
    usage: TellCancelOutputUsage
    parentId: str
    startedAt: int
    endedAt: int
    duration: int


EventListOutputEvents = TypedDict("EventListOutputEvents", {
    "seq": "int",
    "at": "int",
    "event": "str",
    "data": "Dict[str, Any]",
})


EventListOutputResume = TypedDict("EventListOutputResume", {
    "verdict": "Literal['ok', 'gap']",
    "from": "int",
    "next": "int",
})


EventListOutput = TypedDict("EventListOutput", {
    "events": "List[EventListOutputEvents]",
    "head": "int",
    "resume": "EventListOutputResume",
    "timestamp": "int",
})


_ApprovalListOutputApprovals = TypedDict("_ApprovalListOutputApprovals", {
    "approvalId": "str",
    "sessionId": "str",
    "team": "str",
    "tool": "str",
    "input": "Dict[str, Any]",
    "state": "Literal['pending', 'allowed', 'denied', 'expired']",
    "createdAt": "int",
})


class ApprovalListOutputApprovals(_ApprovalListOutputApprovals, total=False):
    tellId: str
    description: str
    decision: Literal["allow", "allow_session", "deny"]
    by: str
    reason: str
    rule: str
    updatedInput: Dict[str, Any]
    expiresAt: int
    decidedAt: int


_ApprovalListOutput = TypedDict("_ApprovalListOutput", {
    "approvals": "List[ApprovalListOutputApprovals]",
    "timestamp": "int",
})


class ApprovalListOutput(_ApprovalListOutput, total=False):
    next: int


_ApprovalAnswerOutput = TypedDict("_ApprovalAnswerOutput", {
    "approvalId": "str",
    "sessionId": "str",
    "team": "str",
    "tool": "str",
    "input": "Dict[str, Any]",
    "state": "Literal['pending', 'allowed', 'denied', 'expired']",
    "createdAt": "int",
    "timestamp": "int",
})


class ApprovalAnswerOutput(_ApprovalAnswerOutput, total=False):
    tellId: str
    description: str
    decision: Literal["allow", "allow_session", "deny"]
    by: str
    reason: str
    rule: str
    updatedInput: Dict[str, Any]
    expiresAt: int
    decidedAt: int


_WebhookCreateOutput = TypedDict("_WebhookCreateOutput", {
    "webhookId": "str",
    "url": "str",
    "format": "Literal['plain', 'slack', 'discord']",
    "team": "str",
    "state": "Literal['active', 'stopped']",
    "createdBy": "str",
    "createdAt": "int",
    "cursor": "int",
    "pending": "int",
    "dead": "int",
    "secret": "str",
    "timestamp": "int",
})


class WebhookCreateOutput(_WebhookCreateOutput, total=False):
    events: List[Literal["cache:message", "process:spawned", "process:terminated", "process:error", "tell:started", "tell:complete", "tell:error", "approval:requested", "approval:resolved"]]
    session: str
    previousUntil: int


_WebhookListOutputWebhooks = TypedDict("_WebhookListOutputWebhooks", {
    "webhookId": "str",
    "url": "str",
    "format": "Literal['plain', 'slack', 'discord']",
    "team": "str",
    "state": "Literal['active', 'stopped']",
    "createdBy": "str",
    "createdAt": "int",
    "cursor": "int",
    "pending": "int",
    "dead": "int",
})


class WebhookListOutputWebhooks(_WebhookListOutputWebhooks, total=False):
    events: List[Literal["cache:message", "process:spawned", "process:terminated", "process:error", "tell:started", "tell:complete", "tell:error", "approval:requested", "approval:resolved"]]
    session: str
    previousUntil: int


_WebhookListOutput = TypedDict("_WebhookListOutput", {
    "webhooks": "List[WebhookListOutputWebhooks]",
    "timestamp": "int",
})


class WebhookListOutput(_WebhookListOutput, total=False):
    next: int


WebhookRotateOutput = TypedDict("WebhookRotateOutput", {
    "webhookId": "str",
    "secret": "str",
    "previousUntil": "int",
    "timestamp": "int",
})


_WebhookTestOutput = TypedDict("_WebhookTestOutput", {
    "webhookId": "str",
    "deliveryId": "str",
    "delivered": "bool",
    "at": "int",
    "duration": "int",
    "timestamp": "int",
})


class WebhookTestOutput(_WebhookTestOutput, total=False):
    status: int
    error: str


_WebhookDeliveriesOutputDeliveriesRecent = TypedDict("_WebhookDeliveriesOutputDeliveriesRecent", {
    "at": "int",
    "duration": "int",
})


class WebhookDeliveriesOutputDeliveriesRecent(_WebhookDeliveriesOutputDeliveriesRecent, total=False):
    status: int
    error: str


_WebhookDeliveriesOutputDeliveries = TypedDict("_WebhookDeliveriesOutputDeliveries", {
    "deliveryId": "str",
    "seq": "int",
    "event": "str",
    "team": "str",
    "sessionId": "str",
    "state": "Literal['pending', 'delivered', 'dead']",
    "attempts": "int",
    "recent": "List[WebhookDeliveriesOutputDeliveriesRecent]",
    "createdAt": "int",
})


class WebhookDeliveriesOutputDeliveries(_WebhookDeliveriesOutputDeliveries, total=False):
    dueAt: int


_WebhookDeliveriesOutput = TypedDict("_WebhookDeliveriesOutput", {
    "deliveries": "List[WebhookDeliveriesOutputDeliveries]",
    "timestamp": "int",
})


class WebhookDeliveriesOutput(_WebhookDeliveriesOutput, total=False):
    next: int


_WebhookReplayOutput = TypedDict("_WebhookReplayOutput", {
    "webhookId": "str",
    "url": "str",
    "format": "Literal['plain', 'slack', 'discord']",
    "team": "str",
    "state": "Literal['active', 'stopped']",
    "createdBy": "str",
    "createdAt": "int",
    "cursor": "int",
    "pending": "int",
    "dead": "int",
    "timestamp": "int",
})


class WebhookReplayOutput(_WebhookReplayOutput, total=False):
    events: List[Literal["cache:message", "process:spawned", "process:terminated", "process:error", "tell:started", "tell:complete", "tell:error", "approval:requested", "approval:resolved"]]
    session: str
    previousUntil: int


WebhookDeleteOutput = TypedDict("WebhookDeleteOutput", {
    "webhookId": "str",
    "deleted": "bool",
    "timestamp": "int",
})


KeyCreateOutput = TypedDict("KeyCreateOutput", {
    "keyName": "str",
    "permissions": "List[Literal['tell', 'wake', 'sleep', 'status', 'cache:read', 'cache:write', 'approve', 'metrics', 'admin']]",
    "teams": "List[str]",
    "as": "List[str]",
    "rateLimit": "int",
    "expiresAt": "int",
    "createdAt": "int",
    "key": "str",
    "timestamp": "int",
}, total=False)


KeyListOutputKeys = TypedDict("KeyListOutputKeys", {
    "keyName": "str",
    "permissions": "List[Literal['tell', 'wake', 'sleep', 'status', 'cache:read', 'cache:write', 'approve', 'metrics', 'admin']]",
    "teams": "List[str]",
    "as": "List[str]",
    "rateLimit": "int",
    "expiresAt": "int",
    "state": "Literal['valid', 'expired', 'revoked']",
    "source": "Literal['store', 'config']",
    "createdAt": "int",
    "revokedAt": "int",
    "lastUsedAt": "int",
    "own": "bool",
    "local": "bool",
}, total=False)


KeyListOutput = TypedDict("KeyListOutput", {
    "keys": "List[KeyListOutputKeys]",
    "timestamp": "int",
})


_KeyRotateOutput = TypedDict("_KeyRotateOutput", {
    "keyName": "str",
    "createdAt": "int",
    "timestamp": "int",
})


class KeyRotateOutput(_KeyRotateOutput, total=False):
    key: str


KeyRevokeOutput = TypedDict("KeyRevokeOutput", {
    "keyName": "str",
    "revoked": "bool",
    "own": "bool",
    "timestamp": "int",
})


ROUTES: Dict[str, Route] = {
    "team_tell": Route("POST", "/api/teams/tell", True),
    "team_wake": Route("POST", "/api/teams/{teamName}/wake", True),
    "team_wake_all": Route("POST", "/api/teams/wake-all", True),
    "team_sleep": Route("POST", "/api/teams/{teamName}/sleep", True),
    "team_status": Route("GET", "/api/teams/{teamName}/status", False),
    "team_list": Route("GET", "/api/teams", False),
    "system_status": Route("GET", "/api/status", False),
    "session_list": Route("GET", "/api/sessions", False),
    "session_fork": Route("POST", "/api/sessions/{sessionId}/fork", True),
    "session_reset": Route("POST", "/api/sessions/{sessionId}/reset", True),
    "session_delete": Route("DELETE", "/api/sessions/{sessionId}", True),
    "cache_read": Route("GET", "/api/cache/{sessionId}", False),
    "cache_clear": Route("DELETE", "/api/cache/{sessionId}", True),
    "tell_get": Route("GET", "/api/tells/{tellId}", False),
    "tell_list": Route("GET", "/api/tells", False),
    "tell_cancel": Route("POST", "/api/tells/{tellId}/cancel", True),
    "event_list": Route("GET", "/api/events", False),
    "approval_list": Route("GET", "/api/approvals", False),
    "approval_answer": Route("POST", "/api/approvals/{approvalId}", True),
    "webhook_create": Route("POST", "/api/webhooks", True),
    "webhook_list": Route("GET", "/api/webhooks", False),
    "webhook_rotate": Route("POST", "/api/webhooks/{webhookId}/rotate", True),
    "webhook_test": Route("POST", "/api/webhooks/{webhookId}/test", True),
    "webhook_deliveries": Route("GET", "/api/webhooks/{webhookId}/deliveries", False),
    "webhook_replay": Route("POST", "/api/webhooks/{webhookId}/replay", True),
    "webhook_delete": Route("DELETE", "/api/webhooks/{webhookId}", True),
    "key_create": Route("POST", "/api/keys", True),
    "key_list": Route("GET", "/api/keys", False),
    "key_rotate": Route("POST", "/api/keys/{keyName}/rotate", True),
    "key_revoke": Route("POST", "/api/keys/{keyName}/revoke", True),
}


class Tools:
    """Every tool of the server as a method of its name."""

    def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        raise NotImplementedError

    def team_tell(self, toTeam: str, message: str, *, attachments: Optional[List[Dict[str, Any]]] = None, schema: Optional[Dict[str, Any]] = None, fromTeam: Optional[str] = None, timeout: Optional[int] = None, tellId: Optional[str] = None, idempotency_key: Optional[str] = None) -> TeamTellOutput:
        """Send a message to the coding agent of a team and wait for its answer. A busy agent answers in turn. Nothing is lost when the wait ends first: the tell goes on, and tell_get finds its answer by the tellId."""
        return self.call("team_tell", {"toTeam": toTeam, "message": message, "attachments": attachments, "schema": schema, "fromTeam": fromTeam, "timeout": timeout, "tellId": tellId}, idempotency_key=idempotency_key)

    def team_wake(self, teamName: str, *, fromTeam: Optional[str] = None, idempotency_key: Optional[str] = None) -> TeamWakeOutput:
        """Start the agent of a team for the caller's conversation with it, if it is not running already. A tell does that by itself; this only saves it the wait."""
        return self.call("team_wake", {"teamName": teamName, "fromTeam": fromTeam}, idempotency_key=idempotency_key)

    def team_wake_all(self, *, fromTeam: Optional[str] = None, parallel: Optional[bool] = None, idempotency_key: Optional[str] = None) -> TeamWakeAllOutput:
        """Start the agents of all teams that the key reaches. One that fails does not keep the others from waking."""
        return self.call("team_wake_all", {"fromTeam": fromTeam, "parallel": parallel}, idempotency_key=idempotency_key)

    def team_sleep(self, teamName: str, *, fromTeam: Optional[str] = None, force: Optional[bool] = None, idempotency_key: Optional[str] = None) -> TeamSleepOutput:
        """End the agent processes of a team: all of them, or the one of a single speaker. The conversations stay and go on at the next tell."""
        return self.call("team_sleep", {"teamName": teamName, "fromTeam": fromTeam, "force": force}, idempotency_key=idempotency_key)

    def team_status(self, teamName: str, *, fromTeam: Optional[str] = None) -> TeamStatusOutput:
        """Whether a team is awake, what it is doing, since when and why."""
        return self.call("team_status", {"teamName": teamName, "fromTeam": fromTeam})

    def team_list(self, *, includeProcessDetails: Optional[bool] = None) -> TeamListOutput:
        """The configured teams that the key reaches, with what each is doing."""
        return self.call("team_list", {"includeProcessDetails": includeProcessDetails})

    def system_status(self) -> SystemStatusOutput:
        """How many sessions, processes and tells there are of the teams that the key reaches, how many processes there may be in all, and how long the server has been up."""
        return self.call("system_status", {})

    def session_list(self, *, team: Optional[str] = None, from_: Optional[str] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> SessionListOutput:
        """The conversations that the key reaches, newest first, reset ones included."""
        return self.call("session_list", {"team": team, "from": from_, "cursor": cursor, "limit": limit})

    def session_fork(self, sessionId: str, *, as_: Optional[str] = None, idempotency_key: Optional[str] = None) -> SessionForkOutput:
        """Begin a second conversation with the same team that shares the history so far, up to the last turn that was completed; from there on the two know nothing of each other. It has a speaker of its own: tell the team as that one to go on with it. Forking the conversation of a name that the key may not speak as needs the permission `cache:read`."""
        return self.call("session_fork", {"sessionId": sessionId, "as": as_}, idempotency_key=idempotency_key)

    def session_reset(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> SessionResetOutput:
        """Give the same pair a fresh conversation. The old one ends its agent, and its cache stays readable under the old id."""
        return self.call("session_reset", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    def session_delete(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> SessionDeleteOutput:
        """Delete a conversation with its tells and its cache, and end its agent. The agent's own files are not touched."""
        return self.call("session_delete", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    def cache_read(self, sessionId: str, *, includeMessages: Optional[bool] = None, after: Optional[int] = None, limit: Optional[int] = None) -> CacheReadOutput:
        """Every message of one session in order, oldest first: what was told, what the agent said, its tool calls and their results."""
        return self.call("cache_read", {"sessionId": sessionId, "includeMessages": includeMessages, "after": after, "limit": limit})

    def cache_clear(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> CacheClearOutput:
        """Delete the cached messages of one session. The agent's own memory of the conversation is not touched: session_reset does that."""
        return self.call("cache_clear", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    def tell_get(self, tellId: str, *, wait: Optional[int] = None) -> TellGetOutput:
        """A tell, its state and its answer, or the answer so far. With `wait`, once it has ended or the wait is over, whichever is first."""
        return self.call("tell_get", {"tellId": tellId, "wait": wait})

    def tell_list(self, *, team: Optional[str] = None, session: Optional[str] = None, state: Optional[Literal["queued", "running", "completed", "failed", "cancelled", "expired", "lost"]] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> TellListOutput:
        """Tells, newest first: all that the key reaches with cache:read, else its own. Of long texts only the beginning: tell_get has the whole."""
        return self.call("tell_list", {"team": team, "session": session, "state": state, "cursor": cursor, "limit": limit})

    def tell_cancel(self, tellId: str, *, idempotency_key: Optional[str] = None) -> TellCancelOutput:
        """Stop a tell that waits or runs: one's own, or with cache:read another's. The conversation stays and the next tell works. A tell that has ended stays as it ended."""
        return self.call("tell_cancel", {"tellId": tellId}, idempotency_key=idempotency_key)

    def event_list(self, *, after: Optional[int] = None, rooms: Optional[List[str]] = None, wait: Optional[int] = None, limit: Optional[int] = None) -> EventListOutput:
        """What happened since a cursor, in order: messages, answers as they grow, processes. With `wait` it answers as soon as something happens. Pass `resume.next` as the next `after`. The cursor is the same on the WebSocket (`resume`) and on /api/events/stream."""
        return self.call("event_list", {"after": after, "rooms": rooms, "wait": wait, "limit": limit})

    def approval_list(self, *, state: Optional[Literal["pending", "allowed", "denied", "expired"]] = None, team: Optional[str] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> ApprovalListOutput:
        """Permission questions of agents that the key reaches, newest first, with what was decided, by whom or by which rule. Those with the state pending wait for approval_answer."""
        return self.call("approval_list", {"state": state, "team": team, "cursor": cursor, "limit": limit})

    def approval_answer(self, approvalId: str, decision: Literal["allow", "allow_session", "deny"], *, reason: Optional[str] = None, input: Optional[Dict[str, Any]] = None, idempotency_key: Optional[str] = None) -> ApprovalAnswerOutput:
        """Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state."""
        return self.call("approval_answer", {"approvalId": approvalId, "decision": decision, "reason": reason, "input": input}, idempotency_key=idempotency_key)

    def webhook_create(self, url: str, team: str, *, format: Optional[Literal["plain", "slack", "discord"]] = None, events: Optional[List[Literal["cache:message", "process:spawned", "process:terminated", "process:error", "tell:started", "tell:complete", "tell:error", "approval:requested", "approval:resolved"]]] = None, session: Optional[str] = None, idempotency_key: Optional[str] = None) -> WebhookCreateOutput:
        """Have an address told what happens from now on, by signed requests (Standard Webhooks): at least once, in order in each session, tried again for a day. The secret is shown this once. It lasts as long as the key that makes it is in force and reaches the team."""
        return self.call("webhook_create", {"url": url, "format": format, "team": team, "events": events, "session": session}, idempotency_key=idempotency_key)

    def webhook_list(self, *, cursor: Optional[int] = None, limit: Optional[int] = None) -> WebhookListOutput:
        """The webhooks of the teams that the key reaches, newest first, with how much waits and how much was given up. Secrets are not shown."""
        return self.call("webhook_list", {"cursor": cursor, "limit": limit})

    def webhook_rotate(self, webhookId: str, *, overlap: Optional[int] = None, idempotency_key: Optional[str] = None) -> WebhookRotateOutput:
        """A new secret, shown this once. For the time of `overlap` deliveries carry two signatures, by the new and by the old one, so that the receiver can change over without a loss."""
        return self.call("webhook_rotate", {"webhookId": webhookId, "overlap": overlap}, idempotency_key=idempotency_key)

    def webhook_test(self, webhookId: str, *, idempotency_key: Optional[str] = None) -> WebhookTestOutput:
        """Send one signed request now, `{"event":"webhook:test",…}`, and say what came of it. It is not tried again, and holds back nothing."""
        return self.call("webhook_test", {"webhookId": webhookId}, idempotency_key=idempotency_key)

    def webhook_deliveries(self, webhookId: str, *, state: Optional[Literal["pending", "delivered", "dead"]] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> WebhookDeliveriesOutput:
        """What a webhook was told, waits to be told, or was not told in spite of all attempts (dead), newest first, with the attempts. What happened itself is in the log: event_list."""
        return self.call("webhook_deliveries", {"webhookId": webhookId, "state": state, "cursor": cursor, "limit": limit})

    def webhook_replay(self, webhookId: str, seq: int, *, only: Optional[Literal["all", "dead"]] = None, idempotency_key: Optional[str] = None) -> WebhookReplayOutput:
        """Send again what happened from a seq on, as far as the log still holds it, also what happened before the webhook was made. Each keeps its `webhook-id`, by which a receiver knows what it had."""
        return self.call("webhook_replay", {"webhookId": webhookId, "seq": seq, "only": only}, idempotency_key=idempotency_key)

    def webhook_delete(self, webhookId: str, *, idempotency_key: Optional[str] = None) -> WebhookDeleteOutput:
        """It is told nothing any more. What waits for it is dropped."""
        return self.call("webhook_delete", {"webhookId": webhookId}, idempotency_key=idempotency_key)

    def key_create(self, keyName: str, permissions: List[Literal["tell", "wake", "sleep", "status", "cache:read", "cache:write", "approve", "metrics", "admin"]], *, teams: Optional[List[str]] = None, as_: Optional[List[str]] = None, rateLimit: Optional[int] = None, expiresAt: Optional[int] = None, idempotency_key: Optional[str] = None) -> KeyCreateOutput:
        """A key for somebody else, or for a program. It is shown this once: a call that is sent again with its idempotency key is answered without it, and key_rotate makes another. It can never do more than the key it is made with; what is not said is as there."""
        return self.call("key_create", {"keyName": keyName, "permissions": permissions, "teams": teams, "as": as_, "rateLimit": rateLimit, "expiresAt": expiresAt}, idempotency_key=idempotency_key)

    def key_list(self) -> KeyListOutput:
        """The keys that reach nothing but what this one reaches, those in config.yaml too, with what each may do and when it was last used. Keys themselves are not shown."""
        return self.call("key_list", {})

    def key_rotate(self, keyName: str, *, idempotency_key: Optional[str] = None) -> KeyRotateOutput:
        """A new key in the place of the old one, which ends at once, with the same name and permissions. It is shown this once: a call that is sent again with its idempotency key is answered without it. Only of keys that can do no more than the one of the call. Where the iris command on the machine of the server uses it, that goes on with the new one."""
        return self.call("key_rotate", {"keyName": keyName}, idempotency_key=idempotency_key)

    def key_revoke(self, keyName: str, *, idempotency_key: Optional[str] = None) -> KeyRevokeOutput:
        """The key is worthless from its next request on, its streams and sockets are closed, its webhooks stop. It may be the one of this call, but not the last with which keys are managed. Keys in config.yaml are taken out there."""
        return self.call("key_revoke", {"keyName": keyName}, idempotency_key=idempotency_key)


class AsyncTools:
    """Every tool of the server as a coroutine of its name."""

    async def call(self, tool: str, input: Dict[str, Any], *, idempotency_key: Optional[str] = None) -> Any:
        raise NotImplementedError

    async def team_tell(self, toTeam: str, message: str, *, attachments: Optional[List[Dict[str, Any]]] = None, schema: Optional[Dict[str, Any]] = None, fromTeam: Optional[str] = None, timeout: Optional[int] = None, tellId: Optional[str] = None, idempotency_key: Optional[str] = None) -> TeamTellOutput:
        """Send a message to the coding agent of a team and wait for its answer. A busy agent answers in turn. Nothing is lost when the wait ends first: the tell goes on, and tell_get finds its answer by the tellId."""
        return await self.call("team_tell", {"toTeam": toTeam, "message": message, "attachments": attachments, "schema": schema, "fromTeam": fromTeam, "timeout": timeout, "tellId": tellId}, idempotency_key=idempotency_key)

    async def team_wake(self, teamName: str, *, fromTeam: Optional[str] = None, idempotency_key: Optional[str] = None) -> TeamWakeOutput:
        """Start the agent of a team for the caller's conversation with it, if it is not running already. A tell does that by itself; this only saves it the wait."""
        return await self.call("team_wake", {"teamName": teamName, "fromTeam": fromTeam}, idempotency_key=idempotency_key)

    async def team_wake_all(self, *, fromTeam: Optional[str] = None, parallel: Optional[bool] = None, idempotency_key: Optional[str] = None) -> TeamWakeAllOutput:
        """Start the agents of all teams that the key reaches. One that fails does not keep the others from waking."""
        return await self.call("team_wake_all", {"fromTeam": fromTeam, "parallel": parallel}, idempotency_key=idempotency_key)

    async def team_sleep(self, teamName: str, *, fromTeam: Optional[str] = None, force: Optional[bool] = None, idempotency_key: Optional[str] = None) -> TeamSleepOutput:
        """End the agent processes of a team: all of them, or the one of a single speaker. The conversations stay and go on at the next tell."""
        return await self.call("team_sleep", {"teamName": teamName, "fromTeam": fromTeam, "force": force}, idempotency_key=idempotency_key)

    async def team_status(self, teamName: str, *, fromTeam: Optional[str] = None) -> TeamStatusOutput:
        """Whether a team is awake, what it is doing, since when and why."""
        return await self.call("team_status", {"teamName": teamName, "fromTeam": fromTeam})

    async def team_list(self, *, includeProcessDetails: Optional[bool] = None) -> TeamListOutput:
        """The configured teams that the key reaches, with what each is doing."""
        return await self.call("team_list", {"includeProcessDetails": includeProcessDetails})

    async def system_status(self) -> SystemStatusOutput:
        """How many sessions, processes and tells there are of the teams that the key reaches, how many processes there may be in all, and how long the server has been up."""
        return await self.call("system_status", {})

    async def session_list(self, *, team: Optional[str] = None, from_: Optional[str] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> SessionListOutput:
        """The conversations that the key reaches, newest first, reset ones included."""
        return await self.call("session_list", {"team": team, "from": from_, "cursor": cursor, "limit": limit})

    async def session_fork(self, sessionId: str, *, as_: Optional[str] = None, idempotency_key: Optional[str] = None) -> SessionForkOutput:
        """Begin a second conversation with the same team that shares the history so far, up to the last turn that was completed; from there on the two know nothing of each other. It has a speaker of its own: tell the team as that one to go on with it. Forking the conversation of a name that the key may not speak as needs the permission `cache:read`."""
        return await self.call("session_fork", {"sessionId": sessionId, "as": as_}, idempotency_key=idempotency_key)

    async def session_reset(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> SessionResetOutput:
        """Give the same pair a fresh conversation. The old one ends its agent, and its cache stays readable under the old id."""
        return await self.call("session_reset", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    async def session_delete(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> SessionDeleteOutput:
        """Delete a conversation with its tells and its cache, and end its agent. The agent's own files are not touched."""
        return await self.call("session_delete", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    async def cache_read(self, sessionId: str, *, includeMessages: Optional[bool] = None, after: Optional[int] = None, limit: Optional[int] = None) -> CacheReadOutput:
        """Every message of one session in order, oldest first: what was told, what the agent said, its tool calls and their results."""
        return await self.call("cache_read", {"sessionId": sessionId, "includeMessages": includeMessages, "after": after, "limit": limit})

    async def cache_clear(self, sessionId: str, *, idempotency_key: Optional[str] = None) -> CacheClearOutput:
        """Delete the cached messages of one session. The agent's own memory of the conversation is not touched: session_reset does that."""
        return await self.call("cache_clear", {"sessionId": sessionId}, idempotency_key=idempotency_key)

    async def tell_get(self, tellId: str, *, wait: Optional[int] = None) -> TellGetOutput:
        """A tell, its state and its answer, or the answer so far. With `wait`, once it has ended or the wait is over, whichever is first."""
        return await self.call("tell_get", {"tellId": tellId, "wait": wait})

    async def tell_list(self, *, team: Optional[str] = None, session: Optional[str] = None, state: Optional[Literal["queued", "running", "completed", "failed", "cancelled", "expired", "lost"]] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> TellListOutput:
        """Tells, newest first: all that the key reaches with cache:read, else its own. Of long texts only the beginning: tell_get has the whole."""
        return await self.call("tell_list", {"team": team, "session": session, "state": state, "cursor": cursor, "limit": limit})

    async def tell_cancel(self, tellId: str, *, idempotency_key: Optional[str] = None) -> TellCancelOutput:
        """Stop a tell that waits or runs: one's own, or with cache:read another's. The conversation stays and the next tell works. A tell that has ended stays as it ended."""
        return await self.call("tell_cancel", {"tellId": tellId}, idempotency_key=idempotency_key)

    async def event_list(self, *, after: Optional[int] = None, rooms: Optional[List[str]] = None, wait: Optional[int] = None, limit: Optional[int] = None) -> EventListOutput:
        """What happened since a cursor, in order: messages, answers as they grow, processes. With `wait` it answers as soon as something happens. Pass `resume.next` as the next `after`. The cursor is the same on the WebSocket (`resume`) and on /api/events/stream."""
        return await self.call("event_list", {"after": after, "rooms": rooms, "wait": wait, "limit": limit})

    async def approval_list(self, *, state: Optional[Literal["pending", "allowed", "denied", "expired"]] = None, team: Optional[str] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> ApprovalListOutput:
        """Permission questions of agents that the key reaches, newest first, with what was decided, by whom or by which rule. Those with the state pending wait for approval_answer."""
        return await self.call("approval_list", {"state": state, "team": team, "cursor": cursor, "limit": limit})

    async def approval_answer(self, approvalId: str, decision: Literal["allow", "allow_session", "deny"], *, reason: Optional[str] = None, input: Optional[Dict[str, Any]] = None, idempotency_key: Optional[str] = None) -> ApprovalAnswerOutput:
        """Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state."""
        return await self.call("approval_answer", {"approvalId": approvalId, "decision": decision, "reason": reason, "input": input}, idempotency_key=idempotency_key)

    async def webhook_create(self, url: str, team: str, *, format: Optional[Literal["plain", "slack", "discord"]] = None, events: Optional[List[Literal["cache:message", "process:spawned", "process:terminated", "process:error", "tell:started", "tell:complete", "tell:error", "approval:requested", "approval:resolved"]]] = None, session: Optional[str] = None, idempotency_key: Optional[str] = None) -> WebhookCreateOutput:
        """Have an address told what happens from now on, by signed requests (Standard Webhooks): at least once, in order in each session, tried again for a day. The secret is shown this once. It lasts as long as the key that makes it is in force and reaches the team."""
        return await self.call("webhook_create", {"url": url, "format": format, "team": team, "events": events, "session": session}, idempotency_key=idempotency_key)

    async def webhook_list(self, *, cursor: Optional[int] = None, limit: Optional[int] = None) -> WebhookListOutput:
        """The webhooks of the teams that the key reaches, newest first, with how much waits and how much was given up. Secrets are not shown."""
        return await self.call("webhook_list", {"cursor": cursor, "limit": limit})

    async def webhook_rotate(self, webhookId: str, *, overlap: Optional[int] = None, idempotency_key: Optional[str] = None) -> WebhookRotateOutput:
        """A new secret, shown this once. For the time of `overlap` deliveries carry two signatures, by the new and by the old one, so that the receiver can change over without a loss."""
        return await self.call("webhook_rotate", {"webhookId": webhookId, "overlap": overlap}, idempotency_key=idempotency_key)

    async def webhook_test(self, webhookId: str, *, idempotency_key: Optional[str] = None) -> WebhookTestOutput:
        """Send one signed request now, `{"event":"webhook:test",…}`, and say what came of it. It is not tried again, and holds back nothing."""
        return await self.call("webhook_test", {"webhookId": webhookId}, idempotency_key=idempotency_key)

    async def webhook_deliveries(self, webhookId: str, *, state: Optional[Literal["pending", "delivered", "dead"]] = None, cursor: Optional[int] = None, limit: Optional[int] = None) -> WebhookDeliveriesOutput:
        """What a webhook was told, waits to be told, or was not told in spite of all attempts (dead), newest first, with the attempts. What happened itself is in the log: event_list."""
        return await self.call("webhook_deliveries", {"webhookId": webhookId, "state": state, "cursor": cursor, "limit": limit})

    async def webhook_replay(self, webhookId: str, seq: int, *, only: Optional[Literal["all", "dead"]] = None, idempotency_key: Optional[str] = None) -> WebhookReplayOutput:
        """Send again what happened from a seq on, as far as the log still holds it, also what happened before the webhook was made. Each keeps its `webhook-id`, by which a receiver knows what it had."""
        return await self.call("webhook_replay", {"webhookId": webhookId, "seq": seq, "only": only}, idempotency_key=idempotency_key)

    async def webhook_delete(self, webhookId: str, *, idempotency_key: Optional[str] = None) -> WebhookDeleteOutput:
        """It is told nothing any more. What waits for it is dropped."""
        return await self.call("webhook_delete", {"webhookId": webhookId}, idempotency_key=idempotency_key)

    async def key_create(self, keyName: str, permissions: List[Literal["tell", "wake", "sleep", "status", "cache:read", "cache:write", "approve", "metrics", "admin"]], *, teams: Optional[List[str]] = None, as_: Optional[List[str]] = None, rateLimit: Optional[int] = None, expiresAt: Optional[int] = None, idempotency_key: Optional[str] = None) -> KeyCreateOutput:
        """A key for somebody else, or for a program. It is shown this once: a call that is sent again with its idempotency key is answered without it, and key_rotate makes another. It can never do more than the key it is made with; what is not said is as there."""
        return await self.call("key_create", {"keyName": keyName, "permissions": permissions, "teams": teams, "as": as_, "rateLimit": rateLimit, "expiresAt": expiresAt}, idempotency_key=idempotency_key)

    async def key_list(self) -> KeyListOutput:
        """The keys that reach nothing but what this one reaches, those in config.yaml too, with what each may do and when it was last used. Keys themselves are not shown."""
        return await self.call("key_list", {})

    async def key_rotate(self, keyName: str, *, idempotency_key: Optional[str] = None) -> KeyRotateOutput:
        """A new key in the place of the old one, which ends at once, with the same name and permissions. It is shown this once: a call that is sent again with its idempotency key is answered without it. Only of keys that can do no more than the one of the call. Where the iris command on the machine of the server uses it, that goes on with the new one."""
        return await self.call("key_rotate", {"keyName": keyName}, idempotency_key=idempotency_key)

    async def key_revoke(self, keyName: str, *, idempotency_key: Optional[str] = None) -> KeyRevokeOutput:
        """The key is worthless from its next request on, its streams and sockets are closed, its webhooks stop. It may be the one of this call, but not the last with which keys are managed. Keys in config.yaml are taken out there."""
        return await self.call("key_revoke", {"keyName": keyName}, idempotency_key=idempotency_key)
