package iris

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

type schema struct {
	Type       string            `json:"type"`
	Enum       []any             `json:"enum"`
	Minimum    *float64          `json:"minimum"`
	MinLength  int               `json:"minLength"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
}

type content struct {
	Content struct {
		JSON struct {
			Schema schema `json:"schema"`
		} `json:"application/json"`
	} `json:"content"`
}

type operation struct {
	ID         string `json:"operationId"`
	Parameters []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
		Schema   schema `json:"schema"`
	} `json:"parameters"`
	RequestBody content            `json:"requestBody"`
	Responses   map[string]content `json:"responses"`
}

func TestEveryToolCanBeCalled(t *testing.T) {
	document := fixture[struct {
		Paths map[string]map[string]operation `json:"paths"`
	}](t, "../../openapi.json")
	parity := fixture[struct {
		Known    map[string]any `json:"known"`
		Made     []string       `json:"made"`
		Question string         `json:"question"`
	}](t, "../fixtures/parity.json")
	count := 0
	for _, methods := range document.Paths {
		for _, one := range methods {
			count++
			t.Run(one.ID, func(t *testing.T) {
				ctx, client := live(t)
				required := map[string]schema{}
				for _, parameter := range one.Parameters {
					if parameter.Required {
						required[parameter.Name] = parameter.Schema
					}
				}
				body := one.RequestBody.Content.JSON.Schema
				for _, name := range body.Required {
					required[name] = body.Properties[name]
				}
				made := map[string]any{}
				if slices.ContainsFunc(parity.Made, func(name string) bool { _, needed := required[name]; return needed }) {
					made = makeTell(t, ctx, client, "go-"+one.ID, parity.Question, parity.Known, required)
				}
				fields := map[string]any{}
				for name, schema := range required {
					if value, known := parity.Known[name]; known {
						fields[name] = value
					} else if value, known := made[name]; known {
						fields[name] = value
					} else {
						fields[name] = valueOf(schema)
					}
				}
				function := method(client, one.ID)
				input := reflect.New(function.Type().In(1))
				data, _ := json.Marshal(fields)
				if err := json.Unmarshal(data, input.Interface()); err != nil {
					t.Fatal(err)
				}
				results := function.Call([]reflect.Value{reflect.ValueOf(ctx), input.Elem()})
				if err, _ := results[1].Interface().(error); err != nil {
					t.Fatal(err)
				}
				output, _ := plain(t, results[0].Interface()).(map[string]any)
				for _, name := range one.Responses["200"].Content.JSON.Schema.Required {
					if _, there := output[name]; !there {
						t.Errorf("%s is not there", name)
					}
				}
				if output["timestamp"] == 0.0 {
					t.Error("nothing was read")
				}
			})
		}
	}
	if count != len(Routes) {
		t.Errorf("%d operations, %d routes", count, len(Routes))
	}
}

func makeTell(t *testing.T, ctx context.Context, client *Client, from, question string, known map[string]any, required map[string]schema) map[string]any {
	answer, err := client.Tell(ctx, "echo", "hello", TellOptions{From: from})
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]any{"tellId": answer.TellID, "sessionId": answer.SessionID, "keyName": from}
	if _, needed := required["keyName"]; needed && from != "go-key_create" {
		if _, err := client.KeyCreate(ctx, KeyCreateInput{KeyName: from, Permissions: []string{"status"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, needed := required["webhookId"]; needed {
		webhook, err := client.WebhookCreate(ctx, WebhookCreateInput{URL: known["url"].(string), Team: known["team"].(string)})
		if err != nil {
			t.Fatal(err)
		}
		made["webhookId"] = webhook.WebhookID
	}
	if _, needed := required["approvalId"]; !needed {
		return made
	}
	if _, err := client.TeamTell(ctx, TeamTellInput{ToTeam: "echo", Message: question, FromTeam: from, Timeout: Ptr[int64](-1)}); err != nil {
		t.Fatal(err)
	}
	for event, err := range client.Events(ctx, EventsOptions{After: Ptr[int64](0), Rooms: []string{"session:" + answer.SessionID}}) {
		if err != nil {
			t.Fatal(err)
		}
		var data map[string]any
		_ = json.Unmarshal(event.Data, &data)
		if event.Event == "approval:requested" {
			made["approvalId"] = data["approvalId"]
			break
		}
	}
	return made
}

func valueOf(s schema) any {
	switch {
	case s.Enum != nil:
		return s.Enum[0]
	case s.Type == "integer" || s.Type == "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case s.Type == "boolean":
		return false
	case s.Type == "array":
		return []any{}
	case s.Type == "object":
		return map[string]any{}
	}
	return strings.Repeat("x", max(s.MinLength, 1))
}
