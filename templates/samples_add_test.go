package templates

import "time"

// everything is a company that offers all kinds.
var everything = Offers{App: true, Text: true, Call: true, Email: true, Push: true}

func addChoice(views map[string]View, in Page) {
	in = at(in, PageAdd)
	views["add"] = AddChoose{Page: in, Offers: everything}
	views["add-text"] = AddChoose{Page: in, Offers: Offers{App: true, Text: true}}
	views["add-call"] = AddChoose{Page: in, Offers: Offers{Call: true, Email: true}}
	views["add-nothing"] = AddChoose{Page: in}
}

func addPhone(views map[string]View, in Page, extra string) {
	in = at(in, PageAddPhone)
	form := AddPhoneForm{
		Page: in, Offers: everything, Country: "CA", Number: "514 555-0147" + extra,
		Countries: []Country{{"CA", "Canada" + extra, "+1"}, {"GB", "United Kingdom", "+44"}},
	}
	empty := form
	empty.Number = ""
	views["add-phone"] = empty
	text, call := empty, empty
	text.Offers.Call, call.Offers.Text = false, false
	views["add-phone-text"], views["add-phone-call"] = text, call
	empty.Discarded = true
	views["add-phone-discarded"] = empty
	for _, problem := range NumberProblems() {
		v := form
		v.HasError, v.Problem, v.Channel = true, problem, "sms"
		if problem == NumberChannel {
			v.Channel = ""
		}
		views["add-phone-"+string(problem)] = v
	}
	until := form
	until.HasError, until.Problem, until.Channel, until.RetryAt, until.RetryIn = true, NumberTooMany, "voice", now.Add(time.Hour), time.Hour
	views["add-phone-until"] = until
}

func addEmail(views map[string]View, in Page, extra string) {
	in = at(in, PageAddEmail)
	form := AddEmailForm{Page: in, Profile: "ada@example.com" + extra}
	views["add-email"] = AddEmailForm{Page: in}
	views["add-email-profile"] = form
	discarded := form
	discarded.Discarded = true
	views["add-email-discarded"] = discarded
	form.HasError, form.Address = true, "lovelace@example"+extra
	for _, problem := range AddressProblems() {
		form.Problem = problem
		views["add-email-"+string(problem)] = form
	}
	form.Problem, form.RetryAt = AddressTooMany, now.Add(time.Minute)
	views["add-email-until"] = form
}

func addMessages(views map[string]View, in Page, extra string) {
	text := AddMessage{
		Page: at(in, PageAddPhone), Kind: MethodPhone, To: "0147" + extra, Channel: "sms", CallInstead: true,
		Until: now.Add(5 * time.Minute), AgainAt: now.Add(time.Minute), AgainIn: 44500 * time.Millisecond,
	}
	call := text
	call.Channel, call.CallInstead, call.TextInstead, call.HasOther = "voice", false, true, true
	mail := text
	mail.Page, mail.Kind, mail.To, mail.Channel, mail.CallInstead = at(in, PageAddEmail), MethodEmail, "ada@example.org"+extra, "", false
	views["message-text"], views["message-call"], views["message-email"] = text, call, mail
	late := text
	late.AgainIn, late.Until = 0, time.Time{}
	views["message-late"] = late
	for name, v := range map[string]AddMessage{"": text, "email-": mail} {
		v.HasError, v.Code = true, "12 34"+extra
		for _, problem := range MessageProblems() {
			v.Problem = problem
			views["message-"+name+string(problem)] = v
		}
	}
	addMessageStates(views, text, mail)
}

func addMessageStates(views map[string]View, text, mail AddMessage) {
	resent := text
	resent.Notice = NoticeResent
	views["message-resent"] = resent
	expired := text
	expired.Expired, expired.AgainIn = true, 0
	views["message-expired-text"] = expired
	mail.Expired, mail.AgainIn = true, 0
	views["message-expired-email"] = mail
	expired.HasError, expired.Problem, expired.RetryAt = true, CodeMessages, now.Add(time.Hour)
	views["message-expired-used-up"] = expired
	wrong := text
	wrong.HasError, wrong.Problem, wrong.AttemptsLeft = true, CodeWrong, 2
	views["message-few-left"] = wrong
	wrong.Problem, wrong.AttemptsLeft, wrong.RetryAt = CodeTooMany, 0, now.Add(6*time.Minute)
	views["message-until"] = wrong
	wrong.Problem = CodeMessages
	views["message-messages-until"] = wrong
	wrong.Problem, wrong.AgainAt = CodeTooSoon, time.Time{}
	views["message-too-soon-unknown"] = wrong
}

func addPush(views map[string]View, in Page) {
	in = at(in, PageAddPush)
	views["add-push"] = AddPushIntro{Page: in, AppOffered: true}
	views["add-push-alone"] = AddPushIntro{Page: in}
	scan := AddPushScan{Page: in, QR: pushQR(), Until: now.Add(5 * time.Minute), Every: 5 * time.Second, AppOffered: true}
	for _, state := range PushStates() {
		scan.State = state
		views["push-"+string(state)] = scan
	}
	scan.State, scan.HasOther, scan.Every = PushWaiting, true, 10*time.Second
	views["push-slower"] = scan
}
