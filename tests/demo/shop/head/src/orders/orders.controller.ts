import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { CreateOrderDto } from './create-order.dto';
import { Order } from './order.entity';
import { OrdersService } from './orders.service';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  @ApiOperation({ summary: 'Place an order' })
  @ApiCreatedResponse({ type: Order })
  create(@Body() dto: CreateOrderDto): Promise<Order> {
    return this.orders.create(dto);
  }

  @Post('import')
  async importOrders(@Body() body: any): Promise<void> {
    await this.orders.importAll(body.rows);
  }

  @Get('search')
  @ApiOperation({ summary: 'Orders of a customer' })
  @ApiOkResponse({ type: [Order] })
  search(@Query('customer') customer: string): Promise<Order[]> {
    return this.orders.search(customer);
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Cancel an order' })
  @ApiNoContentResponse()
  @HttpCode(204)
  async cancel(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.orders.cancel(id);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One order' })
  @ApiOkResponse({ type: Order })
  findOne(@Param('id', ParseIntPipe) id: number): Promise<Order> {
    return this.orders.findOne(id);
  }
}
