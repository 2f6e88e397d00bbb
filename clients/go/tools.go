// Code generated from openapi.json by npm run sdks; DO NOT EDIT.

package iris

import "context"

// Route is how a tool is asked for over HTTP.
type Route struct {
	Method, Path string
	Keyed        bool
}

// Routes has every tool by its name.
var Routes = map[string]Route{
	"team_tell":          {"POST", "/api/teams/tell", true},
	"team_wake":          {"POST", "/api/teams/{teamName}/wake", true},
	"team_wake_all":      {"POST", "/api/teams/wake-all", true},
	"team_sleep":         {"POST", "/api/teams/{teamName}/sleep", true},
	"team_status":        {"GET", "/api/teams/{teamName}/status", false},
	"team_list":          {"GET", "/api/teams", false},
	"system_status":      {"GET", "/api/status", false},
	"session_list":       {"GET", "/api/sessions", false},
	"session_fork":       {"POST", "/api/sessions/{sessionId}/fork", true},
	"session_reset":      {"POST", "/api/sessions/{sessionId}/reset", true},
	"session_delete":     {"DELETE", "/api/sessions/{sessionId}", true},
	"cache_read":         {"GET", "/api/cache/{sessionId}", false},
	"cache_clear":        {"DELETE", "/api/cache/{sessionId}", true},
	"tell_get":           {"GET", "/api/tells/{tellId}", false},
	"tell_list":          {"GET", "/api/tells", false},
	"tell_cancel":        {"POST", "/api/tells/{tellId}/cancel", true},
	"event_list":         {"GET", "/api/events", false},
	"approval_list":      {"GET", "/api/approvals", false},
	"approval_answer":    {"POST", "/api/approvals/{approvalId}", true},
	"webhook_create":     {"POST", "/api/webhooks", true},
	"webhook_list":       {"GET", "/api/webhooks", false},
	"webhook_rotate":     {"POST", "/api/webhooks/{webhookId}/rotate", true},
	"webhook_test":       {"POST", "/api/webhooks/{webhookId}/test", true},
	"webhook_deliveries": {"GET", "/api/webhooks/{webhookId}/deliveries", false},
	"webhook_replay":     {"POST", "/api/webhooks/{webhookId}/replay", true},
	"webhook_delete":     {"DELETE", "/api/webhooks/{webhookId}", true},
	"key_create":         {"POST", "/api/keys", true},
	"key_list":           {"GET", "/api/keys", false},
	"key_rotate":         {"POST", "/api/keys/{keyName}/rotate", true},
	"key_revoke":         {"POST", "/api/keys/{keyName}/revoke", true},
}

// TeamTellInputAttachments is a part of TeamTellInput.
type TeamTellInputAttachments struct {
	// Its file name, without folders
	Name string `json:"name"`
	// image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json …
	MediaType string `json:"mediaType"`
	// Its bytes in base64
	Data string `json:"data"`
}

// TeamTellInput is what team_tell takes.
type TeamTellInput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	ToTeam string `json:"toTeam"`
	// What to say to the team
	Message string `json:"message"`
	// Images and documents for the agent to look at
	Attachments []TeamTellInputAttachments `json:"attachments,omitempty"`
	// A JSON Schema of an object: the answer comes in this form too, as `structured`. An agent that takes a form at its start only is started again, with its conversation; what it did in the background ends
	Schema map[string]any `json:"schema,omitempty"`
	// Who speaks; each pair has a conversation of its own. Default: the caller's own name
	FromTeam string `json:"fromTeam,omitempty"`
	// How long to wait for the answer, ms. 0 waits for ever, -1 not at all. Default: settings.tellTimeout
	Timeout *int64 `json:"timeout,omitempty"`
	// A UUID of the caller's choice. The same id and input is the same tell, however often it is sent
	TellID string `json:"tellId,omitempty"`
}

// TeamTellOutputUsage is a part of TeamTellOutput.
type TeamTellOutputUsage struct {
	InputTokens      int64 `json:"inputTokens"`
	OutputTokens     int64 `json:"outputTokens"`
	CacheReadTokens  int64 `json:"cacheReadTokens"`
	CacheWriteTokens int64 `json:"cacheWriteTokens"`
	// US dollars, where the agent says
	CostUsd *float64 `json:"costUsd,omitempty"`
	// Model calls made
	Turns *int64 `json:"turns,omitempty"`
}

// TeamTellOutput is what team_tell gives.
type TeamTellOutput struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	From string `json:"from"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	To      string `json:"to"`
	Message string `json:"message"`
	// The answer, once there is one
	Response string `json:"response,omitempty"`
	// The answer in the form of the `schema` that the tell came with
	Structured any    `json:"structured,omitempty"`
	State      string `json:"state"`
	// From acceptance until now, ms
	Duration int64 `json:"duration"`
	// true: not answered yet. Ask tell_get with the tellId
	Async bool                 `json:"async"`
	Usage *TeamTellOutputUsage `json:"usage,omitempty"`
	// How to go on where the answer is not there yet
	Next string `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamTell: Send a message to the coding agent of a team and wait for its answer. A busy agent answers in turn. Nothing is lost when the wait ends first: the tell goes on, and tell_get finds its answer by the tellId.
func (c *Client) TeamTell(ctx context.Context, input TeamTellInput, options ...CallOption) (*TeamTellOutput, error) {
	return call[TeamTellOutput](ctx, c, "team_tell", input, options)
}

// TeamWakeInput is what team_wake takes.
type TeamWakeInput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	TeamName string `json:"teamName"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	FromTeam string `json:"fromTeam,omitempty"`
}

// TeamWakeOutput is what team_wake gives.
type TeamWakeOutput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team   string `json:"team"`
	Status string `json:"status"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Process id of the agent, where it has a process between turns
	Pid *int64 `json:"pid,omitempty"`
	// ms
	Duration int64 `json:"duration"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamWake: Start the agent of a team for the caller's conversation with it, if it is not running already. A tell does that by itself; this only saves it the wait.
func (c *Client) TeamWake(ctx context.Context, input TeamWakeInput, options ...CallOption) (*TeamWakeOutput, error) {
	return call[TeamWakeOutput](ctx, c, "team_wake", input, options)
}

// TeamWakeAllInput is what team_wake_all takes.
type TeamWakeAllInput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	FromTeam string `json:"fromTeam,omitempty"`
	// All at once, or one after the other
	Parallel *bool `json:"parallel,omitempty"`
}

// TeamWakeAllOutputResultsError is a part of TeamWakeAllOutput.
type TeamWakeAllOutputResultsError struct {
	// The name of the error, e.g. TeamNotFoundError
	Error string `json:"error"`
	// What is wrong and what to do about it
	Message    string `json:"message"`
	StatusCode int64  `json:"statusCode"`
	// Unix ms
	Timestamp int64 `json:"timestamp"`
	// What a program may want to know, e.g. tellId, retryAfter (s), exitCode
	Details map[string]any `json:"details,omitempty"`
}

// TeamWakeAllOutputResults is a part of TeamWakeAllOutput.
type TeamWakeAllOutputResults struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team      string `json:"team"`
	Status    string `json:"status"`
	SessionID string `json:"sessionId,omitempty"`
	Pid       *int64 `json:"pid,omitempty"`
	// ms
	Duration *int64                         `json:"duration,omitempty"`
	Error    *TeamWakeAllOutputResultsError `json:"error,omitempty"`
}

// TeamWakeAllOutput is what team_wake_all gives.
type TeamWakeAllOutput struct {
	Results     []TeamWakeAllOutputResults `json:"results"`
	TotalTeams  int64                      `json:"totalTeams"`
	AwakeTeams  int64                      `json:"awakeTeams"`
	FailedTeams int64                      `json:"failedTeams"`
	// ms
	Duration int64 `json:"duration"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamWakeAll: Start the agents of all teams that the key reaches. One that fails does not keep the others from waking.
func (c *Client) TeamWakeAll(ctx context.Context, input TeamWakeAllInput, options ...CallOption) (*TeamWakeAllOutput, error) {
	return call[TeamWakeAllOutput](ctx, c, "team_wake_all", input, options)
}

// TeamSleepInput is what team_sleep takes.
type TeamSleepInput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	TeamName string `json:"teamName"`
	// Only the session of this speaker
	FromTeam string `json:"fromTeam,omitempty"`
	// Also where it is busy: its running and waiting tells are cancelled
	Force *bool `json:"force,omitempty"`
}

// TeamSleepOutput is what team_sleep gives.
type TeamSleepOutput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team   string `json:"team"`
	Status string `json:"status"`
	// ms
	Duration int64 `json:"duration"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamSleep: End the agent processes of a team: all of them, or the one of a single speaker. The conversations stay and go on at the next tell.
func (c *Client) TeamSleep(ctx context.Context, input TeamSleepInput, options ...CallOption) (*TeamSleepOutput, error) {
	return call[TeamSleepOutput](ctx, c, "team_sleep", input, options)
}

// TeamStatusInput is what team_status takes.
type TeamStatusInput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	TeamName string `json:"teamName"`
	// Only the session of this speaker
	FromTeam string `json:"fromTeam,omitempty"`
}

// TeamStatusOutputPlace is a part of TeamStatusOutput.
type TeamStatusOutputPlace struct {
	// The host, or the container's image or name
	Where string `json:"where"`
	// By the latest attempt to get there. offline: not reached, it is tried again; error: somebody has to put it right
	State string `json:"state"`
	// Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
}

// TeamStatusOutputSessions is a part of TeamStatusOutput.
type TeamStatusOutputSessions struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Who speaks
	From  string `json:"from"`
	State string `json:"state"`
	// When it entered this state, Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64 `json:"limitedUntil,omitempty"`
	Pid          *int64 `json:"pid,omitempty"`
}

// TeamStatusOutput is what team_status gives.
type TeamStatusOutput struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team string `json:"team"`
	// Whether at least one agent of this team is awake
	Awake bool `json:"awake"`
	// Whether its directory is there, and the program of its agent
	Available bool   `json:"available"`
	State     string `json:"state"`
	// When it entered this state, Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
	// Where its agents run, when that is another host or a container
	Place *TeamStatusOutputPlace `json:"place,omitempty"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64                     `json:"limitedUntil,omitempty"`
	Sessions     []TeamStatusOutputSessions `json:"sessions"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamStatus: Whether a team is awake, what it is doing, since when and why.
func (c *Client) TeamStatus(ctx context.Context, input TeamStatusInput, options ...CallOption) (*TeamStatusOutput, error) {
	return call[TeamStatusOutput](ctx, c, "team_status", input, options)
}

// TeamListInput is what team_list takes.
type TeamListInput struct {
	// Also each living agent process
	IncludeProcessDetails *bool `json:"includeProcessDetails,omitempty"`
}

// TeamListOutputTeamsConfig is a part of TeamListOutput.
type TeamListOutputTeamsConfig struct {
	Path        string `json:"path"`
	Description string `json:"description"`
	// Which kind of agent works in the team's directory, e.g. claude
	Agent       string `json:"agent"`
	Permissions string `json:"permissions"`
}

// TeamListOutputTeamsProcessSessions is a part of TeamListOutput.
type TeamListOutputTeamsProcessSessions struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Who speaks
	From  string `json:"from"`
	State string `json:"state"`
	// When it entered this state, Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64 `json:"limitedUntil,omitempty"`
	Pid          *int64 `json:"pid,omitempty"`
}

// TeamListOutputTeamsProcess is a part of TeamListOutput.
type TeamListOutputTeamsProcess struct {
	Count int64 `json:"count"`
	// Cached messages of its awake sessions
	MessageCount int64                                `json:"messageCount"`
	Sessions     []TeamListOutputTeamsProcessSessions `json:"sessions"`
}

// TeamListOutputTeams is a part of TeamListOutput.
type TeamListOutputTeams struct {
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Name   string                    `json:"name"`
	Status string                    `json:"status"`
	State  string                    `json:"state"`
	Config TeamListOutputTeamsConfig `json:"config"`
	// Why it cannot work now
	Unavailable string `json:"unavailable,omitempty"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64                      `json:"limitedUntil,omitempty"`
	Process      *TeamListOutputTeamsProcess `json:"process,omitempty"`
}

// TeamListOutput is what team_list gives.
type TeamListOutput struct {
	Teams       []TeamListOutputTeams `json:"teams"`
	TotalTeams  int64                 `json:"totalTeams"`
	AwakeTeams  int64                 `json:"awakeTeams"`
	AsleepTeams int64                 `json:"asleepTeams"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TeamList: The configured teams that the key reaches, with what each is doing.
func (c *Client) TeamList(ctx context.Context, input TeamListInput, options ...CallOption) (*TeamListOutput, error) {
	return call[TeamListOutput](ctx, c, "team_list", input, options)
}

// SystemStatusInput is what system_status takes.
type SystemStatusInput struct{}

// SystemStatusOutputSessions is a part of SystemStatusOutput.
type SystemStatusOutputSessions struct {
	Total int64 `json:"total"`
	// With a living agent
	Active int64 `json:"active"`
}

// SystemStatusOutputProcesses is a part of SystemStatusOutput.
type SystemStatusOutputProcesses struct {
	Total        int64 `json:"total"`
	MaxProcesses int64 `json:"maxProcesses"`
}

// SystemStatusOutputTells is a part of SystemStatusOutput.
type SystemStatusOutputTells struct {
	Running int64 `json:"running"`
	Queued  int64 `json:"queued"`
}

// SystemStatusOutput is what system_status gives.
type SystemStatusOutput struct {
	Sessions  SystemStatusOutputSessions  `json:"sessions"`
	Processes SystemStatusOutputProcesses `json:"processes"`
	Tells     SystemStatusOutputTells     `json:"tells"`
	// ms
	Uptime  int64  `json:"uptime"`
	Version string `json:"version"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// SystemStatus: How many sessions, processes and tells there are of the teams that the key reaches, how many processes there may be in all, and how long the server has been up.
func (c *Client) SystemStatus(ctx context.Context, input SystemStatusInput, options ...CallOption) (*SystemStatusOutput, error) {
	return call[SystemStatusOutput](ctx, c, "system_status", input, options)
}

// SessionListInput is what session_list takes.
type SessionListInput struct {
	// Only those this team answers in
	Team string `json:"team,omitempty"`
	// Only those of this speaker
	From string `json:"from,omitempty"`
	// The `next` of the page before
	Cursor *int64 `json:"cursor,omitempty"`
	Limit  *int64 `json:"limit,omitempty"`
}

// SessionListOutputSessionsWorktree is a part of SessionListOutput.
type SessionListOutputSessionsWorktree struct {
	// Absolute
	Path   string `json:"path"`
	Branch string `json:"branch"`
}

// SessionListOutputSessions is a part of SessionListOutput.
type SessionListOutputSessions struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Who speaks
	From string `json:"from"`
	// The team that answers
	To    string `json:"to"`
	State string `json:"state"`
	// When it entered this state, Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64 `json:"limitedUntil,omitempty"`
	// false once it was reset: its cache is kept, new tells go to its successor
	Current bool `json:"current"`
	// Tells waiting for their turn
	Queued int64  `json:"queued"`
	Pid    *int64 `json:"pid,omitempty"`
	// The version the agent last said it is
	AgentVersion string `json:"agentVersion,omitempty"`
	// The session whose history it began with
	ForkedFrom string                             `json:"forkedFrom,omitempty"`
	Worktree   *SessionListOutputSessionsWorktree `json:"worktree,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Unix ms
	LastUsedAt int64 `json:"lastUsedAt"`
}

// SessionListOutput is what session_list gives.
type SessionListOutput struct {
	Sessions []SessionListOutputSessions `json:"sessions"`
	// Cursor of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// SessionList: The conversations that the key reaches, newest first, reset ones included.
func (c *Client) SessionList(ctx context.Context, input SessionListInput, options ...CallOption) (*SessionListOutput, error) {
	return call[SessionListOutput](ctx, c, "session_list", input, options)
}

// SessionForkInput is what session_fork takes.
type SessionForkInput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Who speaks in the new one: a name that has no conversation with this team. Without it, the old name with `-fork-1`, or the next number that is free
	As string `json:"as,omitempty"`
}

// SessionForkOutputSessionWorktree is a part of SessionForkOutput.
type SessionForkOutputSessionWorktree struct {
	// Absolute
	Path   string `json:"path"`
	Branch string `json:"branch"`
}

// SessionForkOutputSession is a part of SessionForkOutput.
type SessionForkOutputSession struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Who speaks
	From string `json:"from"`
	// The team that answers
	To    string `json:"to"`
	State string `json:"state"`
	// When it entered this state, Unix ms
	Since  int64  `json:"since"`
	Reason string `json:"reason"`
	// Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves
	LimitedUntil *int64 `json:"limitedUntil,omitempty"`
	// false once it was reset: its cache is kept, new tells go to its successor
	Current bool `json:"current"`
	// Tells waiting for their turn
	Queued int64  `json:"queued"`
	Pid    *int64 `json:"pid,omitempty"`
	// The version the agent last said it is
	AgentVersion string `json:"agentVersion,omitempty"`
	// The session whose history it began with
	ForkedFrom string                            `json:"forkedFrom,omitempty"`
	Worktree   *SessionForkOutputSessionWorktree `json:"worktree,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Unix ms
	LastUsedAt int64 `json:"lastUsedAt"`
}

// SessionForkOutput is what session_fork gives.
type SessionForkOutput struct {
	Session SessionForkOutputSession `json:"session"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// SessionFork: Begin a second conversation with the same team that shares the history so far, up to the last turn that was completed; from there on the two know nothing of each other. It has a speaker of its own: tell the team as that one to go on with it. Forking the conversation of a name that the key may not speak as needs the permission `cache:read`.
func (c *Client) SessionFork(ctx context.Context, input SessionForkInput, options ...CallOption) (*SessionForkOutput, error) {
	return call[SessionForkOutput](ctx, c, "session_fork", input, options)
}

// SessionResetInput is what session_reset takes.
type SessionResetInput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
}

// SessionResetOutput is what session_reset gives.
type SessionResetOutput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Session id, a UUID in lower case
	PreviousSessionID string `json:"previousSessionId"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// SessionReset: Give the same pair a fresh conversation. The old one ends its agent, and its cache stays readable under the old id.
func (c *Client) SessionReset(ctx context.Context, input SessionResetInput, options ...CallOption) (*SessionResetOutput, error) {
	return call[SessionResetOutput](ctx, c, "session_reset", input, options)
}

// SessionDeleteInput is what session_delete takes.
type SessionDeleteInput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
}

// SessionDeleteOutputWorktree is a part of SessionDeleteOutput.
type SessionDeleteOutputWorktree struct {
	// Absolute
	Path   string `json:"path"`
	Branch string `json:"branch"`
}

// SessionDeleteOutput is what session_delete gives.
type SessionDeleteOutput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	Deleted   bool   `json:"deleted"`
	// What the session left behind: it holds changes that are nowhere else
	Worktree *SessionDeleteOutputWorktree `json:"worktree,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// SessionDelete: Delete a conversation with its tells and its cache, and end its agent. The agent's own files are not touched.
func (c *Client) SessionDelete(ctx context.Context, input SessionDeleteInput, options ...CallOption) (*SessionDeleteOutput, error) {
	return call[SessionDeleteOutput](ctx, c, "session_delete", input, options)
}

// CacheReadInput is what cache_read takes.
type CacheReadInput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// false: only the stats
	IncludeMessages *bool `json:"includeMessages,omitempty"`
	// Only entries with a greater seq
	After *int64 `json:"after,omitempty"`
	Limit *int64 `json:"limit,omitempty"`
}

// CacheReadOutputEntries is a part of CacheReadOutput.
type CacheReadOutputEntries struct {
	// Its place on the number line of all events: the cursor
	Seq int64 `json:"seq"`
	// The tell it belongs to; absent for what the agent did unasked
	TellID string `json:"tellId,omitempty"`
	// Unix ms
	Timestamp int64  `json:"timestamp"`
	Type      string `json:"type"`
	Data      any    `json:"data"`
	// The tool call whose sub-agent says it: a `tool_use` of an earlier message. Absent for the agent itself
	Parent string `json:"parent,omitempty"`
}

// CacheReadOutputStats is a part of CacheReadOutput.
type CacheReadOutputStats struct {
	Entries int64 `json:"entries"`
	// Unix ms
	FirstAt *int64 `json:"firstAt,omitempty"`
	// Unix ms
	LastAt *int64 `json:"lastAt,omitempty"`
}

// CacheReadOutput is what cache_read gives.
type CacheReadOutput struct {
	// Session id, a UUID in lower case
	SessionID string                   `json:"sessionId"`
	Entries   []CacheReadOutputEntries `json:"entries"`
	// Of the whole cache of this session
	Stats CacheReadOutputStats `json:"stats"`
	// The `after` of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// CacheRead: Every message of one session in order, oldest first: what was told, what the agent said, its tool calls and their results.
func (c *Client) CacheRead(ctx context.Context, input CacheReadInput, options ...CallOption) (*CacheReadOutput, error) {
	return call[CacheReadOutput](ctx, c, "cache_read", input, options)
}

// CacheClearInput is what cache_clear takes.
type CacheClearInput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
}

// CacheClearOutput is what cache_clear gives.
type CacheClearOutput struct {
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Entries deleted
	Cleared int64 `json:"cleared"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// CacheClear: Delete the cached messages of one session. The agent's own memory of the conversation is not touched: session_reset does that.
func (c *Client) CacheClear(ctx context.Context, input CacheClearInput, options ...CallOption) (*CacheClearOutput, error) {
	return call[CacheClearOutput](ctx, c, "cache_clear", input, options)
}

// TellGetInput is what tell_get takes.
type TellGetInput struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
	// How long to wait for its end, ms
	Wait *int64 `json:"wait,omitempty"`
}

// TellGetOutputAttachments is a part of TellGetOutput.
type TellGetOutputAttachments struct {
	// Its file name, without folders
	Name string `json:"name"`
	// image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json …
	MediaType string `json:"mediaType"`
	Bytes     int64  `json:"bytes"`
	// Of its bytes, hex
	Sha256 string `json:"sha256"`
}

// TellGetOutputError is a part of TellGetOutput.
type TellGetOutputError struct {
	// The name of the error, e.g. TeamNotFoundError
	Error string `json:"error"`
	// What is wrong and what to do about it
	Message    string `json:"message"`
	StatusCode int64  `json:"statusCode"`
	// Unix ms
	Timestamp int64 `json:"timestamp"`
	// What a program may want to know, e.g. tellId, retryAfter (s), exitCode
	Details map[string]any `json:"details,omitempty"`
}

// TellGetOutputUsage is a part of TellGetOutput.
type TellGetOutputUsage struct {
	InputTokens      int64 `json:"inputTokens"`
	OutputTokens     int64 `json:"outputTokens"`
	CacheReadTokens  int64 `json:"cacheReadTokens"`
	CacheWriteTokens int64 `json:"cacheWriteTokens"`
	// US dollars, where the agent says
	CostUsd *float64 `json:"costUsd,omitempty"`
	// Model calls made
	Turns *int64 `json:"turns,omitempty"`
}

// TellGetOutput is what tell_get gives.
type TellGetOutput struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	From string `json:"from"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	To      string `json:"to"`
	State   string `json:"state"`
	Message string `json:"message"`
	// The answer; while the tell runs, the answer so far
	Response string `json:"response"`
	// The answer in the form of the `schema` that the tell came with
	Structured  any                        `json:"structured,omitempty"`
	Attachments []TellGetOutputAttachments `json:"attachments,omitempty"`
	Error       *TellGetOutputError        `json:"error,omitempty"`
	Usage       *TellGetOutputUsage        `json:"usage,omitempty"`
	// The tell in whose turn the speaker sent this one, where that is known
	ParentID string `json:"parentId,omitempty"`
	// How many tells are above it
	Depth int64 `json:"depth"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Unix ms
	StartedAt *int64 `json:"startedAt,omitempty"`
	// Unix ms
	EndedAt *int64 `json:"endedAt,omitempty"`
	// From acceptance to the end, ms
	Duration *int64 `json:"duration,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TellGet: A tell, its state and its answer, or the answer so far. With `wait`, once it has ended or the wait is over, whichever is first.
func (c *Client) TellGet(ctx context.Context, input TellGetInput, options ...CallOption) (*TellGetOutput, error) {
	return call[TellGetOutput](ctx, c, "tell_get", input, options)
}

// TellListInput is what tell_list takes.
type TellListInput struct {
	// Only those told to this team
	Team string `json:"team,omitempty"`
	// Session id, a UUID in lower case
	Session string `json:"session,omitempty"`
	State   string `json:"state,omitempty"`
	// The `next` of the page before
	Cursor *int64 `json:"cursor,omitempty"`
	Limit  *int64 `json:"limit,omitempty"`
}

// TellListOutputTellsAttachments is a part of TellListOutput.
type TellListOutputTellsAttachments struct {
	// Its file name, without folders
	Name string `json:"name"`
	// image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json …
	MediaType string `json:"mediaType"`
	Bytes     int64  `json:"bytes"`
	// Of its bytes, hex
	Sha256 string `json:"sha256"`
}

// TellListOutputTellsError is a part of TellListOutput.
type TellListOutputTellsError struct {
	// The name of the error, e.g. TeamNotFoundError
	Error string `json:"error"`
	// What is wrong and what to do about it
	Message    string `json:"message"`
	StatusCode int64  `json:"statusCode"`
	// Unix ms
	Timestamp int64 `json:"timestamp"`
	// What a program may want to know, e.g. tellId, retryAfter (s), exitCode
	Details map[string]any `json:"details,omitempty"`
}

// TellListOutputTellsUsage is a part of TellListOutput.
type TellListOutputTellsUsage struct {
	InputTokens      int64 `json:"inputTokens"`
	OutputTokens     int64 `json:"outputTokens"`
	CacheReadTokens  int64 `json:"cacheReadTokens"`
	CacheWriteTokens int64 `json:"cacheWriteTokens"`
	// US dollars, where the agent says
	CostUsd *float64 `json:"costUsd,omitempty"`
	// Model calls made
	Turns *int64 `json:"turns,omitempty"`
}

// TellListOutputTells is a part of TellListOutput.
type TellListOutputTells struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	From string `json:"from"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	To      string `json:"to"`
	State   string `json:"state"`
	Message string `json:"message"`
	// The answer; while the tell runs, the answer so far
	Response string `json:"response"`
	// The answer in the form of the `schema` that the tell came with
	Structured  any                              `json:"structured,omitempty"`
	Attachments []TellListOutputTellsAttachments `json:"attachments,omitempty"`
	Error       *TellListOutputTellsError        `json:"error,omitempty"`
	Usage       *TellListOutputTellsUsage        `json:"usage,omitempty"`
	// The tell in whose turn the speaker sent this one, where that is known
	ParentID string `json:"parentId,omitempty"`
	// How many tells are above it
	Depth int64 `json:"depth"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Unix ms
	StartedAt *int64 `json:"startedAt,omitempty"`
	// Unix ms
	EndedAt *int64 `json:"endedAt,omitempty"`
	// From acceptance to the end, ms
	Duration *int64 `json:"duration,omitempty"`
}

// TellListOutput is what tell_list gives.
type TellListOutput struct {
	Tells []TellListOutputTells `json:"tells"`
	// Cursor of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TellList: Tells, newest first: all that the key reaches with cache:read, else its own. Of long texts only the beginning: tell_get has the whole.
func (c *Client) TellList(ctx context.Context, input TellListInput, options ...CallOption) (*TellListOutput, error) {
	return call[TellListOutput](ctx, c, "tell_list", input, options)
}

// TellCancelInput is what tell_cancel takes.
type TellCancelInput struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
}

// TellCancelOutputAttachments is a part of TellCancelOutput.
type TellCancelOutputAttachments struct {
	// Its file name, without folders
	Name string `json:"name"`
	// image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json …
	MediaType string `json:"mediaType"`
	Bytes     int64  `json:"bytes"`
	// Of its bytes, hex
	Sha256 string `json:"sha256"`
}

// TellCancelOutputError is a part of TellCancelOutput.
type TellCancelOutputError struct {
	// The name of the error, e.g. TeamNotFoundError
	Error string `json:"error"`
	// What is wrong and what to do about it
	Message    string `json:"message"`
	StatusCode int64  `json:"statusCode"`
	// Unix ms
	Timestamp int64 `json:"timestamp"`
	// What a program may want to know, e.g. tellId, retryAfter (s), exitCode
	Details map[string]any `json:"details,omitempty"`
}

// TellCancelOutputUsage is a part of TellCancelOutput.
type TellCancelOutputUsage struct {
	InputTokens      int64 `json:"inputTokens"`
	OutputTokens     int64 `json:"outputTokens"`
	CacheReadTokens  int64 `json:"cacheReadTokens"`
	CacheWriteTokens int64 `json:"cacheWriteTokens"`
	// US dollars, where the agent says
	CostUsd *float64 `json:"costUsd,omitempty"`
	// Model calls made
	Turns *int64 `json:"turns,omitempty"`
}

// TellCancelOutput is what tell_cancel gives.
type TellCancelOutput struct {
	// Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time
	TellID string `json:"tellId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	From string `json:"from"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	To      string `json:"to"`
	State   string `json:"state"`
	Message string `json:"message"`
	// The answer; while the tell runs, the answer so far
	Response string `json:"response"`
	// The answer in the form of the `schema` that the tell came with
	Structured  any                           `json:"structured,omitempty"`
	Attachments []TellCancelOutputAttachments `json:"attachments,omitempty"`
	Error       *TellCancelOutputError        `json:"error,omitempty"`
	Usage       *TellCancelOutputUsage        `json:"usage,omitempty"`
	// The tell in whose turn the speaker sent this one, where that is known
	ParentID string `json:"parentId,omitempty"`
	// How many tells are above it
	Depth int64 `json:"depth"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Unix ms
	StartedAt *int64 `json:"startedAt,omitempty"`
	// Unix ms
	EndedAt *int64 `json:"endedAt,omitempty"`
	// From acceptance to the end, ms
	Duration *int64 `json:"duration,omitempty"`
	// false: it had ended before
	Cancelled bool `json:"cancelled"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// TellCancel: Stop a tell that waits or runs: one's own, or with cache:read another's. The conversation stays and the next tell works. A tell that has ended stays as it ended.
func (c *Client) TellCancel(ctx context.Context, input TellCancelInput, options ...CallOption) (*TellCancelOutput, error) {
	return call[TellCancelOutput](ctx, c, "tell_cancel", input, options)
}

// EventListInput is what event_list takes.
type EventListInput struct {
	// The seq of the last event that is known; 0: from the beginning
	After *int64 `json:"after,omitempty"`
	// Absent: all that the key may hear
	Rooms []string `json:"rooms,omitempty"`
	// How long to wait for the first event, ms
	Wait  *int64 `json:"wait,omitempty"`
	Limit *int64 `json:"limit,omitempty"`
}

// EventListOutputEvents is a part of EventListOutput.
type EventListOutputEvents struct {
	Seq int64 `json:"seq"`
	// Unix ms
	At    int64          `json:"at"`
	Event string         `json:"event"`
	Data  map[string]any `json:"data"`
}

// EventListOutputResume is a part of EventListOutput.
type EventListOutputResume struct {
	// gap: events after `after` are not kept any more, all or those of a session, or the log is another; the list begins at `from`
	Verdict string `json:"verdict"`
	From    int64  `json:"from"`
	// The next `after`
	Next int64 `json:"next"`
}

// EventListOutput is what event_list gives.
type EventListOutput struct {
	Events []EventListOutputEvents `json:"events"`
	// The number of the newest event of all
	Head   int64                 `json:"head"`
	Resume EventListOutputResume `json:"resume"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// EventList: What happened since a cursor, in order: messages, answers as they grow, processes. With `wait` it answers as soon as something happens. Pass `resume.next` as the next `after`. The cursor is the same on the WebSocket (`resume`) and on /api/events/stream.
func (c *Client) EventList(ctx context.Context, input EventListInput, options ...CallOption) (*EventListOutput, error) {
	return call[EventListOutput](ctx, c, "event_list", input, options)
}

// ApprovalListInput is what approval_list takes.
type ApprovalListInput struct {
	State string `json:"state,omitempty"`
	// Only those of this team's agents
	Team string `json:"team,omitempty"`
	// The `next` of the page before
	Cursor *int64 `json:"cursor,omitempty"`
	Limit  *int64 `json:"limit,omitempty"`
}

// ApprovalListOutputApprovals is a part of ApprovalListOutput.
type ApprovalListOutputApprovals struct {
	// Approval id, a UUID in lower case
	ApprovalID string `json:"approvalId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team string `json:"team"`
	// The tell it belongs to; absent for what the agent does unasked
	TellID string `json:"tellId,omitempty"`
	Tool   string `json:"tool"`
	// What the tool is to be given
	Input map[string]any `json:"input"`
	// What the agent says it is for
	Description string `json:"description,omitempty"`
	State       string `json:"state"`
	// allow_session: this tool is not asked about again in this session, as long as the server runs
	Decision string `json:"decision,omitempty"`
	// `key:<name>`, `policy`, `deadline`, or `end` where the agent or the turn that asked is gone
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// What of the policy decided, or had people asked
	Rule string `json:"rule,omitempty"`
	// What the tool was given in the place of `input`
	UpdatedInput map[string]any `json:"updatedInput,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Then it is denied, Unix ms; absent where it waits for ever, or never waited
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
	// Unix ms
	DecidedAt *int64 `json:"decidedAt,omitempty"`
}

// ApprovalListOutput is what approval_list gives.
type ApprovalListOutput struct {
	Approvals []ApprovalListOutputApprovals `json:"approvals"`
	// Cursor of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// ApprovalList: Permission questions of agents that the key reaches, newest first, with what was decided, by whom or by which rule. Those with the state pending wait for approval_answer.
func (c *Client) ApprovalList(ctx context.Context, input ApprovalListInput, options ...CallOption) (*ApprovalListOutput, error) {
	return call[ApprovalListOutput](ctx, c, "approval_list", input, options)
}

// ApprovalAnswerInput is what approval_answer takes.
type ApprovalAnswerInput struct {
	// Approval id, a UUID in lower case
	ApprovalID string `json:"approvalId"`
	// allow_session: this tool is not asked about again in this session, as long as the server runs
	Decision string `json:"decision"`
	// Kept; where it is denied, the agent is told
	Reason string `json:"reason,omitempty"`
	// In the place of what the agent wants to give the tool, whole; with allow or allow_session
	Input map[string]any `json:"input,omitempty"`
}

// ApprovalAnswerOutput is what approval_answer gives.
type ApprovalAnswerOutput struct {
	// Approval id, a UUID in lower case
	ApprovalID string `json:"approvalId"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	// Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64
	Team string `json:"team"`
	// The tell it belongs to; absent for what the agent does unasked
	TellID string `json:"tellId,omitempty"`
	Tool   string `json:"tool"`
	// What the tool is to be given
	Input map[string]any `json:"input"`
	// What the agent says it is for
	Description string `json:"description,omitempty"`
	State       string `json:"state"`
	// allow_session: this tool is not asked about again in this session, as long as the server runs
	Decision string `json:"decision,omitempty"`
	// `key:<name>`, `policy`, `deadline`, or `end` where the agent or the turn that asked is gone
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// What of the policy decided, or had people asked
	Rule string `json:"rule,omitempty"`
	// What the tool was given in the place of `input`
	UpdatedInput map[string]any `json:"updatedInput,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// Then it is denied, Unix ms; absent where it waits for ever, or never waited
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
	// Unix ms
	DecidedAt *int64 `json:"decidedAt,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// ApprovalAnswer: Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state.
func (c *Client) ApprovalAnswer(ctx context.Context, input ApprovalAnswerInput, options ...CallOption) (*ApprovalAnswerOutput, error) {
	return call[ApprovalAnswerOutput](ctx, c, "approval_answer", input, options)
}

// WebhookCreateInput is what webhook_create takes.
type WebhookCreateInput struct {
	// An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them
	URL string `json:"url"`
	// plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs
	Format string `json:"format,omitempty"`
	// The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for
	Team string `json:"team"`
	// Only these; absent: all
	Events []string `json:"events,omitempty"`
	// Only this session's
	Session string `json:"session,omitempty"`
}

// WebhookCreateOutput is what webhook_create gives.
type WebhookCreateOutput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them
	URL string `json:"url"`
	// plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs
	Format string `json:"format"`
	// The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for
	Team string `json:"team"`
	// Only these; absent: all
	Events []string `json:"events,omitempty"`
	// Only this session's
	Session string `json:"session,omitempty"`
	// stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over
	State string `json:"state"`
	// The name of the key that made it
	CreatedBy string `json:"createdBy"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// The seq up to which the log has been looked through for it
	Cursor int64 `json:"cursor"`
	// Deliveries that wait, or are tried again
	Pending int64 `json:"pending"`
	// Deliveries that were given up; webhook_replay sends them again
	Dead int64 `json:"dead"`
	// Until then deliveries are signed with the secret before, too. Unix ms
	PreviousUntil *int64 `json:"previousUntil,omitempty"`
	// What its deliveries are signed with (Standard Webhooks). Shown this once
	Secret string `json:"secret"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookCreate: Have an address told what happens from now on, by signed requests (Standard Webhooks): at least once, in order in each session, tried again for a day. The secret is shown this once. It lasts as long as the key that makes it is in force and reaches the team.
func (c *Client) WebhookCreate(ctx context.Context, input WebhookCreateInput, options ...CallOption) (*WebhookCreateOutput, error) {
	return call[WebhookCreateOutput](ctx, c, "webhook_create", input, options)
}

// WebhookListInput is what webhook_list takes.
type WebhookListInput struct {
	// The `next` of the page before
	Cursor *int64 `json:"cursor,omitempty"`
	Limit  *int64 `json:"limit,omitempty"`
}

// WebhookListOutputWebhooks is a part of WebhookListOutput.
type WebhookListOutputWebhooks struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them
	URL string `json:"url"`
	// plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs
	Format string `json:"format"`
	// The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for
	Team string `json:"team"`
	// Only these; absent: all
	Events []string `json:"events,omitempty"`
	// Only this session's
	Session string `json:"session,omitempty"`
	// stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over
	State string `json:"state"`
	// The name of the key that made it
	CreatedBy string `json:"createdBy"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// The seq up to which the log has been looked through for it
	Cursor int64 `json:"cursor"`
	// Deliveries that wait, or are tried again
	Pending int64 `json:"pending"`
	// Deliveries that were given up; webhook_replay sends them again
	Dead int64 `json:"dead"`
	// Until then deliveries are signed with the secret before, too. Unix ms
	PreviousUntil *int64 `json:"previousUntil,omitempty"`
}

// WebhookListOutput is what webhook_list gives.
type WebhookListOutput struct {
	Webhooks []WebhookListOutputWebhooks `json:"webhooks"`
	// Cursor of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookList: The webhooks of the teams that the key reaches, newest first, with how much waits and how much was given up. Secrets are not shown.
func (c *Client) WebhookList(ctx context.Context, input WebhookListInput, options ...CallOption) (*WebhookListOutput, error) {
	return call[WebhookListOutput](ctx, c, "webhook_list", input, options)
}

// WebhookRotateInput is what webhook_rotate takes.
type WebhookRotateInput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// How long the old secret still signs too, ms. 0 where it has leaked
	Overlap *int64 `json:"overlap,omitempty"`
}

// WebhookRotateOutput is what webhook_rotate gives.
type WebhookRotateOutput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// What its deliveries are signed with (Standard Webhooks). Shown this once
	Secret string `json:"secret"`
	// Until then the old secret signs too, Unix ms
	PreviousUntil int64 `json:"previousUntil"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookRotate: A new secret, shown this once. For the time of `overlap` deliveries carry two signatures, by the new and by the old one, so that the receiver can change over without a loss.
func (c *Client) WebhookRotate(ctx context.Context, input WebhookRotateInput, options ...CallOption) (*WebhookRotateOutput, error) {
	return call[WebhookRotateOutput](ctx, c, "webhook_rotate", input, options)
}

// WebhookTestInput is what webhook_test takes.
type WebhookTestInput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
}

// WebhookTestOutput is what webhook_test gives.
type WebhookTestOutput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// The header `webhook-id`
	DeliveryID string `json:"deliveryId"`
	Delivered  bool   `json:"delivered"`
	// When it began, Unix ms
	At int64 `json:"at"`
	// ms
	Duration int64 `json:"duration"`
	// The HTTP status of the answer, where there was one
	Status *int64 `json:"status,omitempty"`
	// Why it counts as failed
	Error string `json:"error,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookTest: Send one signed request now, `{"event":"webhook:test",…}`, and say what came of it. It is not tried again, and holds back nothing.
func (c *Client) WebhookTest(ctx context.Context, input WebhookTestInput, options ...CallOption) (*WebhookTestOutput, error) {
	return call[WebhookTestOutput](ctx, c, "webhook_test", input, options)
}

// WebhookDeliveriesInput is what webhook_deliveries takes.
type WebhookDeliveriesInput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	State     string `json:"state,omitempty"`
	// The `next` of the page before
	Cursor *int64 `json:"cursor,omitempty"`
	Limit  *int64 `json:"limit,omitempty"`
}

// WebhookDeliveriesOutputDeliveriesRecent is a part of WebhookDeliveriesOutput.
type WebhookDeliveriesOutputDeliveriesRecent struct {
	// When it began, Unix ms
	At int64 `json:"at"`
	// ms
	Duration int64 `json:"duration"`
	// The HTTP status of the answer, where there was one
	Status *int64 `json:"status,omitempty"`
	// Why it counts as failed
	Error string `json:"error,omitempty"`
}

// WebhookDeliveriesOutputDeliveries is a part of WebhookDeliveriesOutput.
type WebhookDeliveriesOutputDeliveries struct {
	// The header `webhook-id`: the same at each attempt and after a replay
	DeliveryID string `json:"deliveryId"`
	// The event
	Seq   int64  `json:"seq"`
	Event string `json:"event"`
	Team  string `json:"team"`
	// Session id, a UUID in lower case
	SessionID string `json:"sessionId"`
	State     string `json:"state"`
	// How often it was tried
	Attempts int64 `json:"attempts"`
	// The newest attempts, oldest first
	Recent []WebhookDeliveriesOutputDeliveriesRecent `json:"recent"`
	// Not tried before, Unix ms
	DueAt *int64 `json:"dueAt,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
}

// WebhookDeliveriesOutput is what webhook_deliveries gives.
type WebhookDeliveriesOutput struct {
	Deliveries []WebhookDeliveriesOutputDeliveries `json:"deliveries"`
	// Cursor of the next page; absent on the last one
	Next *int64 `json:"next,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookDeliveries: What a webhook was told, waits to be told, or was not told in spite of all attempts (dead), newest first, with the attempts. What happened itself is in the log: event_list.
func (c *Client) WebhookDeliveries(ctx context.Context, input WebhookDeliveriesInput, options ...CallOption) (*WebhookDeliveriesOutput, error) {
	return call[WebhookDeliveriesOutput](ctx, c, "webhook_deliveries", input, options)
}

// WebhookReplayInput is what webhook_replay takes.
type WebhookReplayInput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// The first event
	Seq int64 `json:"seq"`
	// dead: only what was given up
	Only string `json:"only,omitempty"`
}

// WebhookReplayOutput is what webhook_replay gives.
type WebhookReplayOutput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	// An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them
	URL string `json:"url"`
	// plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs
	Format string `json:"format"`
	// The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for
	Team string `json:"team"`
	// Only these; absent: all
	Events []string `json:"events,omitempty"`
	// Only this session's
	Session string `json:"session,omitempty"`
	// stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over
	State string `json:"state"`
	// The name of the key that made it
	CreatedBy string `json:"createdBy"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// The seq up to which the log has been looked through for it
	Cursor int64 `json:"cursor"`
	// Deliveries that wait, or are tried again
	Pending int64 `json:"pending"`
	// Deliveries that were given up; webhook_replay sends them again
	Dead int64 `json:"dead"`
	// Until then deliveries are signed with the secret before, too. Unix ms
	PreviousUntil *int64 `json:"previousUntil,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookReplay: Send again what happened from a seq on, as far as the log still holds it, also what happened before the webhook was made. Each keeps its `webhook-id`, by which a receiver knows what it had.
func (c *Client) WebhookReplay(ctx context.Context, input WebhookReplayInput, options ...CallOption) (*WebhookReplayOutput, error) {
	return call[WebhookReplayOutput](ctx, c, "webhook_replay", input, options)
}

// WebhookDeleteInput is what webhook_delete takes.
type WebhookDeleteInput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
}

// WebhookDeleteOutput is what webhook_delete gives.
type WebhookDeleteOutput struct {
	// Webhook id, a UUID in lower case
	WebhookID string `json:"webhookId"`
	Deleted   bool   `json:"deleted"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// WebhookDelete: It is told nothing any more. What waits for it is dropped.
func (c *Client) WebhookDelete(ctx context.Context, input WebhookDeleteInput, options ...CallOption) (*WebhookDeleteOutput, error) {
	return call[WebhookDeleteOutput](ctx, c, "webhook_delete", input, options)
}

// KeyCreateInput is what key_create takes.
type KeyCreateInput struct {
	// The name of a key
	KeyName     string   `json:"keyName"`
	Permissions []string `json:"permissions"`
	// The only teams it may reach; absent: all
	Teams []string `json:"teams,omitempty"`
	// The only names it may speak as; the first is its own. Absent: any
	As []string `json:"as,omitempty"`
	// Requests per window, in the place of api.rateLimit.max
	RateLimit *int64 `json:"rateLimit,omitempty"`
	// Unix ms
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
}

// KeyCreateOutput is what key_create gives.
type KeyCreateOutput struct {
	// The name of a key
	KeyName     string   `json:"keyName"`
	Permissions []string `json:"permissions"`
	// The only teams it may reach; absent: all
	Teams []string `json:"teams,omitempty"`
	// The only names it may speak as; the first is its own. Absent: any
	As []string `json:"as,omitempty"`
	// Requests per window, in the place of api.rateLimit.max
	RateLimit *int64 `json:"rateLimit,omitempty"`
	// Unix ms
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// The key itself. It is shown this once; only its hash is kept
	Key string `json:"key,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// KeyCreate: A key for somebody else, or for a program. It is shown this once: a call that is sent again with its idempotency key is answered without it, and key_rotate makes another. It can never do more than the key it is made with; what is not said is as there.
func (c *Client) KeyCreate(ctx context.Context, input KeyCreateInput, options ...CallOption) (*KeyCreateOutput, error) {
	return call[KeyCreateOutput](ctx, c, "key_create", input, options)
}

// KeyListInput is what key_list takes.
type KeyListInput struct{}

// KeyListOutputKeys is a part of KeyListOutput.
type KeyListOutputKeys struct {
	// The name of a key
	KeyName     string   `json:"keyName"`
	Permissions []string `json:"permissions"`
	// The only teams it may reach; absent: all
	Teams []string `json:"teams,omitempty"`
	// The only names it may speak as; the first is its own. Absent: any
	As []string `json:"as,omitempty"`
	// Requests per window, in the place of api.rateLimit.max
	RateLimit *int64 `json:"rateLimit,omitempty"`
	// Unix ms
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
	State     string `json:"state"`
	// config: it stands in config.yaml, and is changed there
	Source string `json:"source"`
	// When it was made, or made anew, Unix ms
	CreatedAt *int64 `json:"createdAt,omitempty"`
	// Unix ms
	RevokedAt *int64 `json:"revokedAt,omitempty"`
	// When it was last used since the server started, Unix ms
	LastUsedAt *int64 `json:"lastUsedAt,omitempty"`
	// Whether it is the key of this call
	Own bool `json:"own"`
	// Whether the iris command on the machine of the server uses it
	Local bool `json:"local"`
}

// KeyListOutput is what key_list gives.
type KeyListOutput struct {
	Keys []KeyListOutputKeys `json:"keys"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// KeyList: The keys that reach nothing but what this one reaches, those in config.yaml too, with what each may do and when it was last used. Keys themselves are not shown.
func (c *Client) KeyList(ctx context.Context, input KeyListInput, options ...CallOption) (*KeyListOutput, error) {
	return call[KeyListOutput](ctx, c, "key_list", input, options)
}

// KeyRotateInput is what key_rotate takes.
type KeyRotateInput struct {
	// The name of a key
	KeyName string `json:"keyName"`
}

// KeyRotateOutput is what key_rotate gives.
type KeyRotateOutput struct {
	// The name of a key
	KeyName string `json:"keyName"`
	// Unix ms
	CreatedAt int64 `json:"createdAt"`
	// The key itself. It is shown this once; only its hash is kept
	Key string `json:"key,omitempty"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// KeyRotate: A new key in the place of the old one, which ends at once, with the same name and permissions. It is shown this once: a call that is sent again with its idempotency key is answered without it. Only of keys that can do no more than the one of the call. Where the iris command on the machine of the server uses it, that goes on with the new one.
func (c *Client) KeyRotate(ctx context.Context, input KeyRotateInput, options ...CallOption) (*KeyRotateOutput, error) {
	return call[KeyRotateOutput](ctx, c, "key_rotate", input, options)
}

// KeyRevokeInput is what key_revoke takes.
type KeyRevokeInput struct {
	// The name of a key
	KeyName string `json:"keyName"`
}

// KeyRevokeOutput is what key_revoke gives.
type KeyRevokeOutput struct {
	// The name of a key
	KeyName string `json:"keyName"`
	Revoked bool   `json:"revoked"`
	// Whether it was the key of this call, which now was its last
	Own bool `json:"own"`
	// When it was answered, Unix ms
	Timestamp int64 `json:"timestamp"`
}

// KeyRevoke: The key is worthless from its next request on, its streams and sockets are closed, its webhooks stop. It may be the one of this call, but not the last with which keys are managed. Keys in config.yaml are taken out there.
func (c *Client) KeyRevoke(ctx context.Context, input KeyRevokeInput, options ...CallOption) (*KeyRevokeOutput, error) {
	return call[KeyRevokeOutput](ctx, c, "key_revoke", input, options)
}
