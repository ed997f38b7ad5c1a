"""Changes of any number of files of a Nest backend, as people write them: five kinds of file for each resource.

The head adds a method to every file; in each resource one new query is put together from strings, one new body has no
validation and one new route has no documentation, so that a review has something to say and to anchor.
"""

from __future__ import annotations

from collections.abc import Mapping

_CONTROLLER = """\
import { Body, Controller, Delete, Get, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CreateTHINGDto } from './create-NAME.dto';
import { THING } from './NAME.entity';
import { THINGService } from './NAME.service';

@ApiTags('NAMEs')
@Controller('NAMEs')
export class THINGController {
  constructor(private readonly NAMEs: THINGService) {}

  @Post()
  @ApiOperation({ summary: 'Make a NAME' })
  @ApiCreatedResponse({ type: THING })
  create(@Body() dto: CreateTHINGDto): Promise<THING> {
    return this.NAMEs.create(dto);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One NAME' })
  @ApiOkResponse({ type: THING })
  findOne(@Param('id', ParseIntPipe) id: number): Promise<THING> {
    return this.NAMEs.findOne(id);
  }
MORE
  @Delete(':id')
  @ApiOperation({ summary: 'Remove a NAME' })
  @ApiOkResponse({ type: THING })
  remove(@Param('id', ParseIntPipe) id: number): Promise<THING> {
    return this.NAMEs.remove(id);
  }
}
"""
_CONTROLLER_MORE = """
  @Get('search')
  @ApiOperation({ summary: 'Search the NAMEs' })
  @ApiOkResponse({ type: [THING] })
  search(@Query('text') text: string): Promise<THING[]> {
    return this.NAMEs.search(text);
  }

  @Post('import')
  async importAll(@Body() body: any): Promise<void> {
    await this.NAMEs.importAll(body.rows);
  }
"""
_SERVICE = """\
import { Injectable, Logger, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { CreateTHINGDto } from './create-NAME.dto';
import { THING } from './NAME.entity';

@Injectable()
export class THINGService {
  private readonly logger = new Logger(THINGService.name);

  constructor(
    @InjectRepository(THING) private readonly NAMEs: Repository<THING>,
    private readonly database: DataSource,
  ) {}

  async create(dto: CreateTHINGDto): Promise<THING> {
    const made = await this.NAMEs.save(this.NAMEs.create(dto));
    this.logger.log(`made NAME ${made.id}`);
    return made;
  }

  async findOne(id: number): Promise<THING> {
    const found = await this.NAMEs.findOne({ where: { id }, relations: { owner: true } });
    if (!found) {
      throw new NotFoundException(`there is no NAME ${id}`);
    }
    return found;
  }
MORE
  async remove(id: number): Promise<THING> {
    const found = await this.findOne(id);
    return this.NAMEs.remove(found);
  }
}
"""
_SERVICE_MORE = """
  async search(text: string): Promise<THING[]> {
    return this.database.query(`SELECT * FROM NAMEs WHERE title LIKE '%${text}%' ORDER BY id`);
  }

  async importAll(rows: CreateTHINGDto[]): Promise<void> {
    await this.database.transaction(async (manager) => {
      for (const row of rows) {
        await manager.save(THING, manager.create(THING, row));
      }
    });
  }
"""
_DTO = """\
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsDateString, IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';

export class CreateTHINGDto {
  @ApiProperty({ example: 'A title' })
  @IsString()
  @MaxLength(200)
  title: string;

  @ApiProperty({ minimum: 0 })
  @IsInt()
  @Min(0)
  amount: number;

  @ApiPropertyOptional()
  @IsOptional()
  @IsDateString()
  dueAt?: string;
MORE}
"""
_DTO_MORE = """
  @ApiPropertyOptional({ description: 'Shown to customers' })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  note?: string;

  @ApiPropertyOptional()
  source?: string;
"""
_ENTITY = """\
import { Column, CreateDateColumn, Entity, Index, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../user/user.entity';

@Entity('NAMEs')
export class THING {
  @PrimaryGeneratedColumn()
  id: number;

  @Index()
  @Column({ length: 200 })
  title: string;

  @Column({ type: 'int', default: 0 })
  amount: number;

  @ManyToOne(() => User, { nullable: false, onDelete: 'CASCADE' })
  owner: User;
MORE
  @CreateDateColumn()
  createdAt: Date;
}
"""
_ENTITY_MORE = """
  @Column({ type: 'text', nullable: true })
  note: string | null;

  @Column({ length: 40, default: 'web' })
  source: string;
"""
_SPEC = """\
import { NotFoundException } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { THINGController } from './NAME.controller';
import { THINGService } from './NAME.service';

describe('THINGController', () => {
  let controller: THINGController;
  const NAMEs = { create: jest.fn(), findOne: jest.fn(), search: jest.fn(), remove: jest.fn() };

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      controllers: [THINGController],
      providers: [{ provide: THINGService, useValue: NAMEs }],
    }).compile();
    controller = module.get(THINGController);
  });

  it('makes a NAME', async () => {
    NAMEs.create.mockResolvedValue({ id: 1, title: 'A title' });
    await expect(controller.create({ title: 'A title', amount: 2 })).resolves.toEqual({ id: 1, title: 'A title' });
  });
MORE
  it('says when there is none', async () => {
    NAMEs.findOne.mockRejectedValue(new NotFoundException());
    await expect(controller.findOne(7)).rejects.toThrow(NotFoundException);
  });
});
"""
_SPEC_MORE = """
  it('searches', async () => {
    NAMEs.search.mockResolvedValue([{ id: 1 }, { id: 2 }]);
    await expect(controller.search('title')).resolves.toHaveLength(2);
  });
"""
_KINDS = (
    ("NAME.service.ts", _SERVICE, _SERVICE_MORE),
    ("NAME.controller.ts", _CONTROLLER, _CONTROLLER_MORE),
    ("create-NAME.dto.ts", _DTO, _DTO_MORE),
    ("NAME.entity.ts", _ENTITY, _ENTITY_MORE),
    ("NAME.controller.spec.ts", _SPEC, _SPEC_MORE),
)
_THINGS = ("Order", "Invoice", "Customer", "Shipment", "Payment", "Voucher", "Basket", "Article", "Supplier", "Return")
_AROUND = {
    "package.json": '{ "name": "shop", "dependencies": { "@nestjs/common": "^11.0.0", "typeorm": "^0.3.20" } }\n',
    "tsconfig.json": '{ "compilerOptions": { "strict": true, "experimentalDecorators": true } }\n',
    ".prettierrc": '{ "singleQuote": true, "trailingComma": "all", "printWidth": 120 }\n',
    "src/main.ts": """\
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
  await app.listen(3000);
}
void bootstrap();
""",
    "src/user/user.entity.ts": """\
import { Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id: number;
}
""",
}


def change(files: int, first: int = 0) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Base and head (whole trees) of a change of so many files; `first` makes other names of them."""
    base, head = dict(_AROUND), dict(_AROUND)
    for number in range(files):
        resource = first + number // len(_KINDS)
        name, text, more = _KINDS[number % len(_KINDS)]
        path = _written(f"src/NAME/{name}", resource)
        base[path] = _written(text.replace("MORE", ""), resource)
        head[path] = _written(text.replace("MORE", more), resource)
    return base, head


def clean(files: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """As `change`, but nothing is to be found: a comment more in each file."""
    base, _ = change(files)
    touched = {path: text for path, text in base.items() if path not in _AROUND}
    return base, {**base, **{path: f"// {path}\n{text}" for path, text in touched.items()}}


def _written(text: str, resource: int) -> str:
    thing = _THINGS[resource % len(_THINGS)] + (str(resource // len(_THINGS)) if resource >= len(_THINGS) else "")
    return text.replace("THING", thing).replace("NAME", thing.lower())
