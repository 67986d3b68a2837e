"""Words that belong together: the same meaning, and the same subject. Lists of our own, English and Chinese.

They stand in for a model of meaning where there is none: an answer says of a question's subject what the question did
not name. What interviews ask about is covered; a subject that is not here is known by its own words alone.
"""

from __future__ import annotations

# each line: words that say nearly the same in an interview
SAME: dict[str, tuple[str, ...]] = {
    "en": (
        "customer client user", "colleague teammate coworker peer", "boss manager supervisor superior",
        "mistake error fault failure", "fail failed failure", "problem issue trouble difficulty", "reason cause why",
        "late delay overdue miss", "postpone defer later", "apologise apologize apology sorry",
        "solve fix resolve repair", "offer propose suggest", "help support assist", "quick fast rapid speed",
        "check verify inspect test", "explain describe clarify", "decide decision choose", "begin start",
        "finish complete done", "improve better optimise optimize", "learn study lesson",
        "teach train training coach",
        "money cost budget expense price", "buy purchase", "sell sale sales", "job position role post",
        "company employer firm", "goal aim target objective", "plan schedule timetable", "task duty assignment",
        "important critical essential key core", "agree accept consent",
        "disagree disagreement dispute conflict argue",
        "compromise middle", "listen hear", "ask question inquire", "tell inform notify say", "calm quiet patient",
        "data number fact figure evidence", "risk danger hazard", "safe safety secure", "quality standard",
        "employee staff worker", "experience practice background", "skill ability strength competence talent",
        "weakness weak shortcoming disadvantage", "university college degree graduate", "future next long-term",
        "result outcome consequence effect", "responsible responsibility charge", "release ship deploy",
        "bug defect", "remove delete drop cut", "search query lookup find", "disk storage", "team group",
        "values culture", "honest open transparent", "follow-up follow afterwards", "refund compensate compensation",
    ),
    "zh": (
        "客户 顾客 用户 消费者", "同事 搭档 队友 伙伴", "领导 经理 上级 主管 老板", "错误 失误 过错 毛病 我的错",
        "失败 没成功 搞砸",
        "问题 困难 麻烦 故障", "原因 缘由 理由", "延期 延误 推迟 拖延 晚了", "道歉 对不起 抱歉 赔不是",
        "解决 处理 搞定",
        "补救 弥补 挽回 恢复", "提出 建议 提议", "帮助 支援 帮忙 协助", "检查 核对 核实 测试", "解释 说明 讲清楚",
        "决定 选择",
        "完成 做完 交付", "改进 改善 提升 提高 优化", "学习 学到 明白 教训", "培训 培养 辅导",
        "成本 费用 预算 价格", "岗位 职位 工作",
        "公司 贵司 企业 单位", "目标 指标 任务", "计划 规划 安排 进度", "重要 关键 核心 要紧", "同意 接受 认可 认同",
        "分歧 不一致 冲突 矛盾 争执 不同看法 意见不同", "折中 妥协 各退一步 各让一步", "倾听 听他 听完",
        "告诉 通知 告知 汇报 说明",
        "安抚 平复 冷静 耐心", "数据 事实 证据 数字", "风险 隐患 危险", "安全 保障", "质量 品质", "员工 职工 人员",
        "经验 经历 做了", "能力 技能 本领", "优势 优点 长处 特长", "弱点 缺点 不足 短处", "大学 学院 毕业 学历 教育",
        "未来 今后 以后 将来", "结果 后果 效果 成果", "责任 负责 担当", "上线 发布 部署", "缺陷 漏洞",
        "删除 砍掉 去掉",
        "查询 查找 搜索 检索", "磁盘 存储", "团队 小组 班组", "价值观 文化 理念", "坦诚 诚实 公开 透明",
        "跟进 回访 追踪",
        "退款 赔偿 补偿", "匹配 符合 适合 合适 上手", "发展 成长 进步", "维护 更新", "空间 容量", "有序 排序 顺序",
        "具体 详细", "措施 办法 方法 方案", "压力 紧张 焦虑", "改变 变化 调整",
    ),
}  # fmt: skip

# each line: words of one subject. Words that any talk may have (time, people, good, do) belong to none
SUBJECTS: dict[str, tuple[str, ...]] = {
    "en": (
        # people at work
        "colleague teammate coworker team boss manager supervisor department office relationship cooperate together",
        # disagreement
        "disagree disagreement conflict dispute argue argument opinion compromise convince persuade agree against "
        "misunderstanding tension discuss angry afraid colleague teammate reason middle listen fact",
        # plans and deadlines
        "deadline late delay schedule project plan task progress priority priorities deliver delivery overtime "
        "estimate "
        "milestone urgent postpone release feature manager week pressure team",
        # customers
        "customer client user complaint complain refund service apologise apologize sorry satisfied "
        "unhappy order "
        "product call warranty feedback",
        # failures
        "failure fail failed mistake wrong error fault lesson learned lost broke regret damage careful "
        "responsibility "
        "restore apologise sorry consequence",
        # who somebody is
        "introduce introduction yourself name study studied degree graduate graduated university college school "
        "major born hobby family profession engineer worked work years old live bachelor master strength career "
        "economics sport",
        # why somebody applies
        "company apply applied motivation role position job join career grow growth culture values product "
        "skill skills "
        "learn interested engineer reputation industry employer vacancy opportunity long-term",
        # strengths and weaknesses
        "strength strengths weakness weaknesses reliable patient careful organised organized perfectionist nervous "
        "improve habit shortcoming advantage feedback strong weak",
        # leading
        "lead leader leadership team motivate delegate decision responsibility goal feedback trust manager "
        "meeting coach",
        # pressure
        "stress stressful pressure calm priority priorities overtime busy deadline breathe relax overwhelmed "
        "workload",
        # data bases and programs
        "database index indexes query queries table row column sort sorted tree memory disk storage search scan "
        "insert "
        "update sql cache server",
        "software code bug test program programming algorithm server network system thread process function class "
        "interface memory deploy release developer java python api object compile",
        # data
        "data analyse analyze analysis statistics chart report figure compare average number measure trend "
        "hypothesis",
        # selling and negotiating
        "sell sale sales price offer market customer contract negotiate negotiation budget discount competitor "
        "deal lead supplier catalogue quote commission turnover target prospect loyal",
        # learning
        "learn learning course book training skill knowledge teacher mentor practice read tutorial language "
        "certificate",
        # improving
        "idea improve improvement process automate automation tool innovation efficient efficiency save faster "
        "manual",
        # honesty
        "honest honesty ethics ethical rule rules law legal confidential secret privacy integrity bribe report fair",
        # making things
        "machine production quality defect factory safety standard inspection supplier warehouse material "
        "maintenance repair shift assembly tool spare",
        # storing and shipping
        "warehouse stock inventory shelf shelves pallet pallets box boxes barcode scanner count lorry truck forklift "
        "delivery shipment shipping parcel logistics receipt label picking article supervisor",
        # money
        "account accounts accounting accountant audit invoice invoices tax budget finance cost profit balance bank "
        "interest investment loan ledger booked posted posting reconcile payment paid cash receipt controller "
        "reminder statement",
        # people's matters
        "recruit recruiting candidate interview employee training salary performance personnel hire onboarding",
        # care
        "patient patients nurse nurses doctor hospital care medicine medication treatment symptom health therapy ward "
        "tablet tablets pill dose injection pain wound relatives clinic shift chart blood bed diagnosis",
        # teaching
        "student students class classroom teacher lesson lessons homework school pupil pupils exam parents curriculum "
        "teach teaching grade grades mark marks exercise blackboard headmaster children subject",
        # change
        "change new adapt reorganisation switch unfamiliar flexible transition uncertain move",
    ),
    "zh": (
        "同事 搭档 团队 经理 领导 上级 部门 协作 合作 配合 小组",
        "意见 分歧 不一致 冲突 矛盾 争执 争论 看法 想法 说服 沟通 折中 妥协 各退一步 各让一步 同事 搭档 理由 "
        "双方 接受 担心 事实 讨论",
        "延期 延误 截止 进度 计划 项目 任务 加班 优先 推迟 交付 上线 按时 工期 里程碑 排期 功能 一个星期 支援 估计",
        "客户 顾客 用户 投诉 抱怨 退款 服务 道歉 满意 不满 订单 回访 安抚 诉求 赔偿 产品",
        "失败 错误 失误 教训 搞砸 损失 后果 责任 补救 改正 反思 我的错 出错 丢了 坏了 检查",
        "自我 介绍 我叫 毕业 专业 大学 学院 硕士 本科 来自 工作经验 爱好 特长 优势 工程师 性格 从业 今年",
        "公司 贵司 贵公司 加入 岗位 职位 应聘 投了 文化 价值观 产品 业务 发展 成长 平台 行业 机会 能力 长期 "
        "名气 学习",
        "优点 缺点 优势 弱点 不足 长处 短处 改进 习惯 细心 耐心 踏实 性格 完美",
        "带领 领导 团队 目标 激励 授权 决策 责任 信任 反馈 会议 分工 负责人",
        "压力 紧张 焦虑 冷静 优先 加班 放松 调节 情绪 忙碌 太忙 运动 心态",
        "数据库 索引 查询 数据 字段 扫描 磁盘 内存 插入 更新 有序 查找 主键 事务 缓存 全表 整张表",
        "软件 代码 程序 测试 算法 服务器 网络 系统 线程 进程 接口 部署 上线 开发 缺陷 函数 编程 架构 性能",
        "数据 分析 统计 图表 报表 对比 指标 平均 趋势 假设 样本",
        "销售 价格 报价 市场 客户 合同 谈判 预算 折扣 竞争 成交 业绩 渠道 套餐 推销 续约 签约 订单 回访 拜访",
        "学习 课程 看书 培训 技能 知识 老师 请教 练习 考证 证书 新技术 语言",
        "想法 改进 优化 流程 自动化 工具 创新 效率 节省 提升 方案",
        "诚信 道德 规则 制度 法律 保密 隐私 原则 举报 合规 公平",
        "机器 设备 生产 质量 缺陷 工厂 车间 安全 标准 检验 供应商 仓库 材料 零件 维修 流水线 班组 工序",
        "仓库 库存 盘点 货架 托盘 出库 入库 条码 扫描枪 收货 发货 物流 快递 叉车 拣货 标签 清点 整箱 差额 主管",
        "账目 会计 审计 发票 税务 纳税 预算 财务 成本 利润 银行 投资 贷款 报销 结账 对账 入账 记账 科目 凭证 "
        "报表 付款 收款 催款 余额 费用",
        "招聘 候选人 面试 员工 培训 薪酬 绩效 人事 离职 入职",
        "病人 患者 护士 医生 医院 护理 药物 药品 吃药 服药 用药 药片 打针 输液 "
        "治疗 症状 健康 病房 家属 医嘱 伤口 疼痛 检查",
        "学生 课堂 老师 班级 作业 学校 考试 家长 教学 备课 上课 下课 听课 讲课 教室 课程 成绩 校长 孩子 座位 题目",
        "变化 改变 适应 调整 转岗 新环境 陌生 灵活 不确定",
    ),
}  # fmt: skip

# how questions are put: these words say nothing of what a question is about
ASKING: dict[str, str] = {
    "en": "tell describe explain talk give name share time example situation way think would do did use used happen "
    "please yourself want made make take get work question answer important good best most biggest kind thing case",
    "zh": "请 讲 谈谈 说说 说一说 介绍一下 描述 举例 例子 经历 一次 什么 怎么 怎样 如何 为什么 哪些 哪个 认为 "
    "觉得 时候 情况 工作 问题 你 "
    "您 自己 如果 遇到 会 做",
}
