"""Writes what transformers makes of conversations by chat templates, and of pieces of Jinja.

    chat_golden.py > transformer-train/src/test/resources/golden/chat.json

The templates are written after the published descriptions of ChatML, Qwen2 and 2.5, Llama 2, 3 and
3.1, Mistral, Zephyr and Gemma. Needs jinja2; not in CI.
"""
import json

import transformers
from transformers.utils.chat_template_utils import render_jinja_template

TEMPLATES = {
    "chatml": (
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' +"
        " message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
    "qwen2": (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
        "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
    "qwen2.5": r"""{%- if tools %}
    {{- '<|im_start|>system\n# Tools' }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- for tool_call in message.tool_calls %}
            {{- tool_call.arguments | tojson }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
""",
    "llama2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
        "{% set system_message = messages[0]['content'] %}{% else %}"
        "{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
        "{% for message in loop_messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
        "{% endif %}{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        "{% else %}{% set content = message['content'] %}{% endif %}"
        "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}"
        "{% endif %}{% endfor %}"
    ),
    "llama3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}"
        "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
        "+ message['content'] | trim + '<|eot_id|>' %}"
        "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
        "{{ content }}{% endfor %}{% if add_generation_prompt %}"
        "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
    ),
    "llama3.1": r"""{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- The system message comes first. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: ipython\n" }}
    {{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\n\n"}}
{%- endif %}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
""",
    "mistral": (
        "{{ bos_token }}{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
        "{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
        "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}"
        "{% endfor %}"
    ),
    "zephyr": (
        "{% for message in messages %}\n{% if message['role'] == 'user' %}\n"
        "{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
        "{% elif message['role'] == 'system' %}\n"
        "{{ '<|system|>\\n' + message['content'] + eos_token }}\n"
        "{% elif message['role'] == 'assistant' %}\n"
        "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
        "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
    ),
    "gemma": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
        "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
        "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
        "{% set role = message['role'] %}{% endif %}"
        "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
    ),
    "thinking": r"""{%- set ns = namespace(last=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if not ns.found and message.role == "user" %}
        {%- set ns.found = true %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}
    {%- if message.role == "assistant" and '</think>' in content %}
        {%- set content = content.split('</think>')[-1].lstrip('\n') %}
    {%- endif %}
    {%- if loop.index0 > ns.last or message.role != "assistant" %}
        {{- '<' ~ message.role ~ loop.index ~ '>' + content.rstrip() }}
    {%- else %}
        {{- '<old>' + content }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<assistant><think>\n' if enable_thinking is defined else '<assistant>' }}{% endif %}
""",
}

ODD = " Hello <|im_end|> & 'you' \"q\" {{ 7 }}{% x %}\u00a0\u4e2d\U0001f600\n"
CONVERSATIONS = [
    [("user", ODD)],
    [("system", "Be brief. "), ("user", "Hi")],
    [("user", "false"), ("assistant", "<think>\n1 + 1\n</think>\n\n 2 "), ("user", "\n0 ")],
    [("system", ""), ("user", "a"), ("assistant", ""), ("user", "b"), ("assistant", "c")],
    [("user", "a"), ("user", "b")],
]

# Must give the same, and nothing where jinja2 fails.
EXACT = r"""
{{ 'y' if 'false' else 'n' }}{{ 'y' if '0' else 'n' }}{{ 'y' if ' ' else 'n' }}{{ 'y' if '' else 'n' }}
{{ 'y' if [] else 'n' }}{{ 'y' if {} else 'n' }}{{ 'y' if 0 else 'n' }}{{ 'y' if 0.0 else 'n' }}{{ 'y' if none else 'n' }}
{{ 'a' + '1' }}{{ '1' + '2' }}{{ 'a' ~ 1 ~ 2 ~ none ~ true ~ nothing }}
{{ 'y' if '1' == 1 else 'n' }}{{ 'y' if 1 == 1.0 else 'n' }}{{ 'y' if true == 1 else 'n' }}{{ 'y' if none == false else 'n' }}
{{ messages[1].tool_calls is defined }}{{ messages[1]['role'] is defined }}{{ nothing is defined }}{{ not nothing is defined }}
{{ nothing is none }}{{ none is none }}{{ nothing is not none }}{{ nothing == other }}{{ nothing == none }}
{{ 'a' in 'abc' }}{{ 'role' in messages[0] }}{{ 'x' not in messages[0] }}{{ 'a' in ['a','b'] }}{{ 'a' in nothing }}
[{{ "\u00a0 a\u2003\t\x1c" | trim }}][{{ ' a ' | trim | length }}][{{ nothing | trim }}]
{{ messages | length }}{{ messages|length - 1 }}{{ nothing|length }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ 'F' if loop.first }}{{ 'L' if loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.previtem.role if loop.previtem is defined }}{{ loop.nextitem is defined }},{% endfor %}
{% for m in messages[1:] %}{{ m.role }}{% endfor %}|{% for m in messages[:-1] %}{{ m.role }}{% endfor %}|{% for m in messages[1:2] %}{{ m.role }}{% endfor %}|{% for m in messages[::-1] %}{{ m.content }}{% endfor %}
{% for m in messages if m.role == 'user' %}{{ m.role }}{{ loop.index }}{{ loop.length }}{% else %}none{% endfor %}{% for m in [] %}x{% else %}none{% endfor %}
{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.role }}{% break %}{% endfor %}
{% set x = 'a' %}{% for m in messages %}{{ x }}{% set x = 'b' %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 'c' %}{% endif %}{{ x }}
{% set ns = namespace(x='a') %}{% for m in messages %}{% set ns.x = ns.x + 'b' %}{% endfor %}{{ ns.x }}{{ ns.y is defined }}
{% set a = true %}{% set b = false %}{% set c = true %}{% if a and b or not c %}y{% else %}n{% endif %}{% if a and (b or c) %}y{% else %}n{% endif %}{{ a and 'v' or 'w' }}{{ b and 'v' or 'w' }}{{ 0 or none or 'x' }}
{{ "a\nb\t\"q\" \\ \u2581 'x' \U0001f600 \x41" }}{{ 'it' 's' "x" }}
{{- ' a ' -}}   b {{- 'c' }}  d
a   {%- if true -%}  b  {%- endif %}   c {% if true +%} d{% endif %}
   {% if true %}x{% endif %}{{ '<s>' }}{# a comment {{ 1 }} #}{{ 'b' }}{#- c -#}   e
{{ 7 // 2 }}{{ -7 // 2 }}{{ 7 % 3 }}{{ -7 % 3 }}{{ 2 * 3 }}{{ 7 - 9 }}{{ 7 / 2 }}{{ 4 / 2 }}{{ 2 + 3 * 4 - 1 }}{{ 1.5 + 1 }}{{ -(3) }}
{{ messages[0]['content'][0:2] }}|{{ messages[0].content[-2:] }}|{{ messages[0].content[1] }}|{{ 'abc'[::-1] }}|{{ 'abcdef'[4:1:-2] }}|{{ 'abc'[5:] }}|{{ 'abc'[-9:2] }}
{{ 'abc' | upper }}{{ 'ABC' | lower }}{{ 'aBC' | capitalize }}{{ 'ß'|upper }}{{ 'aBC'.capitalize() }}
{{ nothing | default('d') }}{{ '' | default('d', true) }}{{ '' | default('d') }}{{ none | default('d', boolean=true) }}{{ nothing | d }}
{{ 'a,b,c' .split(',') | length }}{{ 'a,b,c'.split(',')[-1] }}{{ 'a,b,c'.split(',', 1)[1] }}{{ ','.split(',')|length }}
[{{ '  a '.strip() }}{{ '  a '.lstrip() }}{{ '  a '.rstrip() }}{{ 'xxaxy'.strip('xy') }}{{ 'aXbX'.rstrip('X') }}]
{{ 'abc'.startswith('a') }}{{ 'abc'.endswith('a') }}{{ 'a-b-'.replace('-', '+') }}{{ 'a-b' | replace('-', '+') }}{{ 'a'.upper() }}
{{ (messages | first).role }}{{ (messages | last).role }}{{ messages[-1].role }}{{ ['a','b'] | join('-') }}{{ 'abc' | list | join(' ') }}
{% set content %} abc {{ 1 }}{% endset %}[{{ content }}]{% set y = 1, 2 %}{{ y[1] }}
{{ ('a' if true else 'b') + 'c' }}{{ 'a' if false }}|{{ 'a' if false else 'b' if false else 'c' }}
{{ 1 if 1 < 2 and 3 >= 3 else 0 }}{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 'a' < 'b' }}{{ '10' < '9' }}{{ 'a' == 'a' and 'b' != 'a' }}
{{ messages[0].content is string }}{{ messages is string }}{{ messages is iterable }}{{ messages[0] is mapping }}{{ messages is sequence }}{{ 1 is number }}{{ 'a' is in ['a'] }}{{ 1 is eq 1 }}{{ true is true }}{{ not 1 is none }}
{{ 'a' + 'b' | upper + 'c' }}{{ messages[0].content | trim + 'c' }}{{ 'a' ~ 'b' | upper ~ 'c' }}{{ -1 | string }}
{{ range(3) | list | length }}{% for i in range(0, 2) %}{{ i }}{% endfor %}{% for k, v in {'a': 'b', 'c': 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for k, v in {'a': 'b'}|items %}{{ k }}{{ v }}{% endfor %}{% for k in {'a': 1} %}{{ k }}{% endfor %}
{{ {'a': 'b'}['a'] }}{{ {'a': 'b'}.a }}{{ {'a': 'b'}.get('x') }}{{ {'a': 'b'}.get('x', 'y') }}{{ ('a', 'b')[1] }}{{ [1, 2,][1] }}
{{ bos_token }}{{ unk_token }}|{{ nothing }}|{{ none }}|{{ true }}|{{ 1.5 }}|{{ 3 }}|{{ 1000000.0 }}|{{ 0.25 }}
{% if messages[0].role == 'system' %}s{% elif messages[0].role == 'user' %}u{% else %}o{% endif %}{% if not messages[0].x %}n{% endif %}
{{ 'a{{ 1 }}b' }}{{ '{% if x %}' }}{{ '}}' }}{{ {'a': {'b': 'c'}}.a.b }}
{% generation %}x{% endgeneration %}{{ tools is none }}{{ documents is defined }}{{ strftime_now is defined }}{{ messages[9] is defined }}
{{ 'a' + nothing }}
{{ nothing + 'a' }}
{{ nothing.foo }}
{{ messages[9].role }}
{{ none + 'a' }}
{{ 1 + 'a' }}
{{ 'a' < 1 }}
{{ 1 // 0 }}
{{ foo('x') }}
{{ 'a' | nofilter }}
{{ 'x' is unknowntest }}
{% unknowntag %}
{% if true %}
{% endif %}
{{ 'a' b }}
{{ 'a
{% for m messages %}{% endfor %}
{{ raise_exception('boom') }}
{{ 1 in 1 }}
{{ 'a'[1:2:0] }}
{% for a, b in ['abc'] %}{% endfor %}
{{ 'a'.split('') }}
{% for k, v in messages[0].items() %}{{ k }}{{ v }}{% endfor %}{% for k in messages[0] %}{{ k }}{% endfor %}{% for k in messages[0].keys() %}{{ k }}{% endfor %}
{% for a in [1, 2] %}{% for b in [1] %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}{% endfor %}
{{ 'ßa' | capitalize }}{{ 'ǆX'.capitalize() }}{{ 'ﬁ'.capitalize() }}
{{ dict is defined }}{{ lipsum is defined }}{{ cycler is defined }}{{ joiner is defined }}
"""

# What jinja2 can, and is refused here.
REFUSED = r"""
{{ messages }}
{{ messages[0] }}
{{ messages | tojson }}
{{ 'x' * 3 }}
{{ 2 ** 3 }}
{{ '%s' % 'a' }}
{{ messages | map(attribute='role') | list | length }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f('q') }}
{% raw %}{{ x }}{% endraw %}
{% set a, b = 'x', 'y' %}{{ a }}
{{ 'a b'.split() | length }}
{{ 'abc'.find('b') }}
{{ 'abc'.title() }}
{{ 1e3 }}
{{ 10000000000000000000000 }}
{{ '\a' }}
{{ 1.0e16 }}
{% with x = 1 %}{{ x }}{% endwith %}
{% for m in messages recursive %}{% endfor %}
{{ loop.cycle('a') if false else 1 is divisibleby 2 }}
{{ namespace({'a': 1}).a }}
{{ nothing | default(default_value='x') }}
{% for x in [1] %}{% set y %}{% break %}{% endset %}{% endfor %}
{{ {1: 'x'}[1.0] }}
{{ dict(a=1).a }}
"""


def render(template, messages):
    conversation = [{"role": role, "content": content} for role, content in messages]
    try:
        rendered, _ = render_jinja_template(
            [conversation],
            chat_template=template,
            add_generation_prompt=True,
            bos_token="<s>",
            eos_token="</s>",
        )
        return rendered[0]
    except Exception:
        return None


def main():
    probe = [("user", " Hello\n"), ("assistant", "Hi!"), ("user", "Bye")]
    exact = [line for line in EXACT.split("\n") if line]
    multiline = [
        "  {% if true %}\n  x\n  {% endif %}\n\ty {% if true %}\n z{% endif %}\n\n",
        "a\n  {%- if true %}\n\n  x{% endif -%}\n\n  y\n",
        "{% for m in messages %}\n  {{ m.role }}\n  {# c #}\n  {%+ if true %}q{% endif %}\n{% endfor %}\r\nz\n\n",
        "{#- a -#}\n\n{%- set x = 'a\nb' %}\n{{ x }}\n",
        "{{ 'a\\\nb' }}",
        "\n  {% set x = 1 %}\n  {% set y = 2 %} {% set z = 3 %}\n{{ x }}{{ y }}\n   ",
    ]
    document = {
        "transformers": transformers.__version__,
        "templates": TEMPLATES,
        "conversations": CONVERSATIONS,
        "texts": {
            name: [render(template, messages) for messages in CONVERSATIONS]
            for name, template in TEMPLATES.items()
        },
        "exact": [[piece, render(piece, probe)] for piece in exact + multiline],
        "refused": [line for line in REFUSED.split("\n") if line],
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
