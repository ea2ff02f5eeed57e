"""The files of the starter bundle, in English and Chinese. `@name@` is the bundle's name, `@prefix@` begins its case numbers."""

_PROCEDURE_EN = """\
# A complaint procedure to begin with. Change it, then look at what you changed:
#   makegood definition check FOLDER      every problem, with its place
#   makegood definition test FOLDER       runs scenarios/ on a virtual clock
#   makegood definition diagram FOLDER --form svg --out picture.svg
procedure: @name@
title: Complaint handling
number: "@prefix@-{year}-{serial:04}"           # the serial starts again each year
calendar: office                                # calendars/office.yaml
languages: [en]                                 # every notice needs a text in each of these
contact: Customer service, telephone 000 000 000

fields:                                         # what is recorded of a case
  customer: {type: party, required: true}       # personal data: kept apart from the case, erasable
  statement:
    type: text
    title: "Complaint, in the customer's words"
    required: true
  urgency:
    type: choice
    title: Urgency
    options: {normal: Normal, urgent: Urgent}
    default: normal
  answer: {type: text, title: Our answer}
  amount:                                       # money is exact, never a binary fraction
    type: money
    title: Compensation
    currency: EUR
    between: [0, 100000]
    default: 0

roles:                                          # posts; organisation.yaml says who holds them
  desk: {title: Complaints desk}
  lead: {title: Head of complaints}

opening: {by: [desk, customer], notice: received}

states:                                         # a case starts in the first one
  open:
    title: Open
    tasks:                                      # work done beside the actions; each with its own limit
      look_into: {title: Look into the complaint, by: desk, within: 3 working days, require: [answer]}
    actions:
      answer:
        title: Answer the customer
        by: desk
        to: closed
        after: tasks                            # only when the tasks are done
        when: amount == 0
        notice: answered
      propose:
        title: Propose a compensation
        by: desk
        to: deciding
        after: tasks
        when: amount > 0
  deciding:
    title: Decision
    within: 2 working days                      # how long a case may stay here
    ladder:                                     # what happens before, at and after the limit
      - {at: due, remind: lead}
    actions:
      approve:
        title: Approve
        by: lead
        to: closed
        limit: amount                           # the person's own authority must cover it
        except: "actor_of('propose')"           # four eyes
        notice: answered
      return: {title: Return, by: lead, to: open, require: [comment]}
  closed:
    title: Closed
    final: true
    actions:
      reopen: {title: Reopen, by: lead, to: open, within: 60 days, require: [comment]}

authority:                                      # what each role may decide with `limit:`
  lead: {amount: unlimited}

clocks:                                         # promises in time
  answer_by:
    title: Answer
    within:                                     # the first branch that matches counts
      - {when: urgency == 'urgent', is: 5 working days}
      - {is: 15 working days}
    from: opened
    until: closed
    ladder:
      - {at: 80%, remind: owner}
      - {at: due, escalate: lead}

notices:                                        # texts lie in notices/<name>.<language>.j2
  received: {to: customer, via: [email, letter], mandatory: true, contains: [number, clock answer_by, contact]}
  answered: {to: customer, via: [email, letter], mandatory: true, contains: [number, answer, contact]}
"""
_PROCEDURE_ZH = """\
# 一个可以直接使用的投诉处理办法。改动之后，请这样查看：
#   makegood definition check 文件夹      列出全部问题及其位置
#   makegood definition test 文件夹       用虚拟时钟演练 scenarios/ 里的情景
#   makegood definition diagram 文件夹 --form svg --out 流程图.svg
procedure: @name@
title: 投诉处理办法
number: "@prefix@-{year}-{serial:04}"           # 流水号每年重新开始
calendar: office                                # calendars/office.yaml
languages: [zh]                                 # 每个通知都要有这些语言的文本
contact: 客户服务部，电话 000-000-0000

fields:                                         # 案件登记的内容
  customer: {type: party, required: true}       # 个人信息：与案件分开存放，可以清除
  statement:
    type: text
    title: 投诉内容
    required: true
  urgency:
    type: choice
    title: 紧急程度
    options: {normal: 一般, urgent: 紧急}
    default: normal
  answer: {type: text, title: 答复内容}
  amount:                                       # 金额按分精确计算
    type: money
    title: 补偿金额
    currency: CNY
    between: [0, 100000]
    default: 0

roles:                                          # 岗位；由谁担任写在 organisation.yaml
  desk: {title: 投诉专员}
  lead: {title: 投诉主管}

opening: {by: [desk, customer], notice: received}

states:                                         # 案件从第一个状态开始
  open:
    title: 处理中
    tasks:                                      # 与动作并行的任务，各有自己的时限
      look_into: {title: 调查, by: desk, within: 3 working days, require: [answer]}
    actions:
      answer:
        title: 答复客户
        by: desk
        to: closed
        after: tasks                            # 任务完成之后才能进行
        when: amount == 0
        notice: answered
      propose:
        title: 提出补偿方案
        by: desk
        to: deciding
        after: tasks
        when: amount > 0
  deciding:
    title: 核决
    within: 2 个工作日                          # 案件在这里最多停留多久
    ladder:                                     # 到期之前、到期之时和之后做什么
      - {at: due, remind: lead}
    actions:
      approve:
        title: 核准
        by: lead
        to: closed
        limit: amount                           # 核准人的权限必须够得上这个金额
        except: "actor_of('propose')"           # 经办人不能核准自己的方案
        notice: answered
      return: {title: 退回, by: lead, to: open, require: [comment]}
  closed:
    title: 已结案
    final: true
    actions:
      reopen: {title: 重新立案, by: lead, to: open, within: 60 天, require: [comment]}

authority:                                      # 核决权限
  lead: {amount: unlimited}

clocks:                                         # 对时间的承诺
  answer_by:
    title: 答复期限
    within:                                     # 按顺序，以第一个符合条件的为准
      - {when: urgency == 'urgent', is: 5 个工作日}
      - {is: 15 个工作日}
    from: opened
    until: closed
    ladder:
      - {at: 80%, remind: owner}
      - {at: due, escalate: lead}

notices:                                        # 文本在 notices/<名称>.<语言>.j2
  received: {to: customer, via: [email, letter], mandatory: true, contains: [number, clock answer_by, contact]}
  answered: {to: customer, via: [email, letter], mandatory: true, contains: [number, answer, contact]}
"""
_RECEIVED_EN = """\
Subject: We have received your complaint {{ number }}

Dear {{ customer.name }},

Thank you for telling us. Your complaint has the number {{ number }}. You will have our answer by {{ due('answer_by')|date }}.

{{ contact }}
"""
_RECEIVED_ZH = """\
Subject: 您的投诉 {{ number }} 已收到

尊敬的{{ customer.name }}：

感谢您的反馈。您的投诉编号为 {{ number }}，我们最迟于 {{ due('answer_by')|date }} 答复您。

{{ contact }}
"""
_ANSWERED_EN = """\
Subject: Our answer to your complaint {{ number }}

Dear {{ customer.name }},

{{ answer }}
{% if amount > 0 %}
We will pay you {{ amount }}.
{% endif %}

{{ contact }}
"""
_ANSWERED_ZH = """\
Subject: 关于您的投诉 {{ number }} 的答复

尊敬的{{ customer.name }}：

{{ answer }}
{% if amount > 0 %}
我们将向您支付 {{ amount }}。
{% endif %}

{{ contact }}
"""
_SCENARIO_EN = """\
# A rehearsal: what shall happen, step by step, on a virtual clock. Publishing refuses a bundle whose scenarios fail.
scenario: a complaint is answered with a compensation, in time
at: 2026-11-23 10:00
steps:
  - open: {by: alice, with: {customer: {name: Carol, email: carol@customer.example}, statement: The parcel was wet.}}
  - expect: {state: open, tasks: [look_into], sent: [received], clock answer_by: running}
  - at: 2026-11-25 14:00
  - refuse: {action: propose, by: alice, with: {amount: 40}, because: after}
  - do: {action: look_into, by: alice, with: {answer: You are right. We are sorry.}}
  - do: {action: propose, by: alice, with: {amount: 40}}
  - refuse: {action: approve, by: alice, because: role}
  - do: {action: approve, by: bob}
  - expect: {state: closed, sent: [answered], clock answer_by: met}
"""
_SCENARIO_ZH = """\
# 演练：在虚拟时钟上一步一步地说明应当发生什么。演练不通过，就不能发布。
scenario: 投诉在期限内以补偿方式答复
at: 2026-11-23 10:00
steps:
  - open: {by: li, with: {customer: {name: 周女士, email: zhou@customer.example}, statement: 包裹受潮。}}
  - expect: {state: open, tasks: [look_into], sent: [received], clock answer_by: running}
  - at: 2026-11-25 14:00
  - refuse: {action: propose, by: li, with: {amount: 40}, because: after}
  - do: {action: look_into, by: li, with: {answer: 情况属实，我们深表歉意。}}
  - do: {action: propose, by: li, with: {amount: 40}}
  - refuse: {action: approve, by: li, because: role}
  - do: {action: approve, by: wang}
  - expect: {state: closed, sent: [answered], clock answer_by: met}
"""
_ORGANISATION_EN = """\
# Who works here, in which posts, under whom. A house has one such file: `makegood org apply organisation.yaml` puts it into force.
# Delete it here when your house has its own.
organisation: my-organisation
people:
  alice: {name: Alice, roles: [desk], superior: bob, email: alice@acme.example, language: en}
  bob:   {name: Bob, roles: [lead], email: bob@acme.example, language: en}
"""
_ORGANISATION_ZH = """\
# 谁在这里工作、担任什么岗位、上级是谁。全单位只有一份：`makegood org apply organisation.yaml` 使其生效。
# 如果单位已经有了自己的文件，请删去这一份。
organisation: my-organisation
people:
  li:   {name: 李娜, roles: [desk], superior: wang, email: li@acme.example, language: zh}
  wang: {name: 王芳, roles: [lead], email: wang@acme.example, language: zh}
"""
_CALENDAR_EN = """\
# When the office works. Working days and working hours are counted by this.
calendar: office
timezone: Europe/London
hours: {mon-fri: ["09:00-17:00"]}               # several intervals a day: ["09:00-12:00", "13:00-17:00"]
# holidays: {country: GB, subdivision: ENG}     # public holidays, from maintained data
# closed: [2026-12-24]                          # days of your own
valid_through: 2030-12-31                       # a deadline beyond is flagged, never guessed
"""
_CALENDAR_ZH = """\
# 上班时间。工作日和工作小时据此计算。
calendar: office
timezone: Asia/Shanghai
hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}
# holidays: {country: CN, make_up_workdays: true}    # 法定节假日和调休上班日（启用时把 valid_through 改为已公布的年份）
# closed: [2026-06-30]                               # 自己的放假日
valid_through: 2030-12-31                       # 超过这一天的期限会被标出，绝不猜测
"""

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "procedure.yaml": _PROCEDURE_EN, "notices/received.en.j2": _RECEIVED_EN, "notices/answered.en.j2": _ANSWERED_EN,
        "scenarios/compensated.yaml": _SCENARIO_EN, "organisation.yaml": _ORGANISATION_EN, "calendars/office.yaml": _CALENDAR_EN,
    },
    "zh": {
        "procedure.yaml": _PROCEDURE_ZH, "notices/received.zh.j2": _RECEIVED_ZH, "notices/answered.zh.j2": _ANSWERED_ZH,
        "scenarios/compensated.yaml": _SCENARIO_ZH, "organisation.yaml": _ORGANISATION_ZH, "calendars/office.yaml": _CALENDAR_ZH,
    },
}
